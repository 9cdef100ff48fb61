/* notify.h: tells the service manager that started us, if one did (sd_notify(3)'s protocol: a datagram to NOTIFY_SOCKET). */
#pragma once

void notify(const char *state); /* "READY=1", "RELOADING=1" (with its clock), "STOPPING=1" */
