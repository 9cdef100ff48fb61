/* The bytes of etc/bounces.conf between two symbols; shipped_rules.c says how long they are. */
	.section .rodata
	.global shipped_rules_begin, shipped_rules_end
shipped_rules_begin:
	.incbin "etc/bounces.conf"
shipped_rules_end:
	.byte 0
	.section .note.GNU-stack,"",@progbits
