/* The bytes of etc/bounces.model between two symbols; shipped_model.c says how long they are. */
	.section .rodata
	.balign 16
	.global shipped_model_begin, shipped_model_end
shipped_model_begin:
	.incbin "etc/bounces.model"
shipped_model_end:
	.byte 0
	.section .note.GNU-stack,"",@progbits
