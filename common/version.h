/* version.h: what --version says. */
#pragma once

#define POSTHOUSE_VERSION "0.12"
