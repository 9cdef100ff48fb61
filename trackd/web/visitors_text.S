/* The bytes of etc/visitors.conf between two symbols; visitors.c says how long they are. */
	.section .rodata
	.global visitors_text_begin, visitors_text_end
visitors_text_begin:
	.incbin "etc/visitors.conf"
visitors_text_end:
	.byte 0
	.section .note.GNU-stack,"",@progbits
