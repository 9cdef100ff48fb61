"""Two verifiers of DKIM that know nothing of each other: python3-dkim and libopendkim. Keys come from a dict.

verify(message, keys) of each answers {selector: "ok" or why not}; keys is {"s1._domainkey.shop.test": "v=DKIM1; ..."}.
"""
import ctypes
import ctypes.util
import os
import tempfile

try:
    import dkim
except ImportError:
    dkim = None

SETOPT, QUERYMETHOD, QUERYINFO, FLAGS, QUERY_FILE = 1, 6, 7, 0, 1
SIG_PASSED, BODY_MATCH = 4, 0


class Missing(Exception):
    """This machine has no such verifier."""


class PythonDkim:
    name = "python3-dkim"

    def __init__(self, keys):
        if dkim is None:
            raise Missing("python3-dkim")
        self.keys = {k: v.encode() for k, v in keys.items()}

    def verify(self, message):
        said = {}
        try:
            d = dkim.DKIM(message)
        except Exception as e:  # pylint: disable=broad-except
            return {"": "no message to it: %s" % e}
        for i in range(sum(1 for name, _ in d.headers if name.lower() == b"dkim-signature")):
            try:
                ok = d.verify(idx=i, dnsfunc=lambda name, timeout=5: self.keys.get(name.decode().rstrip(".")))
                why = "ok" if ok else "does not verify"
            except Exception as e:  # pylint: disable=broad-except
                why = "%s: %s" % (type(e).__name__, e)
            fields = d.signature_fields or {}
            said[fields.get(b"s", b"?").decode(errors="replace")] = why
        return said


class OpenDkim:
    name = "libopendkim"

    def __init__(self, keys):
        path = ctypes.util.find_library("opendkim")
        if path is None:
            raise Missing("libopendkim11 (opendkim-tools)")
        self.lib = lib = ctypes.CDLL(path)
        for function in ("dkim_init", "dkim_verify", "dkim_sig_getselector", "dkim_getresultstr", "dkim_sig_geterrorstr",
                         "dkim_geterror"):
            getattr(lib, function).restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p(lib.dkim_init(None, None))
        with tempfile.NamedTemporaryFile("w", suffix=".keys", delete=False, encoding="ascii") as f:
            self.file = f.name
            for name, record in keys.items():
                f.write("%s %s\n" % (name, record))
        self.set(QUERYMETHOD, ctypes.byref(ctypes.c_int(QUERY_FILE)), 4)
        self.set(QUERYINFO, ctypes.c_char_p(self.file.encode()), len(self.file))

    def close(self):
        os.unlink(self.file)

    def set(self, option, value, size):
        if self.lib.dkim_options(self.handle, SETOPT, option, value, ctypes.c_size_t(size)) != 0:
            raise Missing("libopendkim with keys from a file")

    def text(self, pointer):
        return ctypes.string_at(pointer).decode(errors="replace") if pointer else ""

    def verify(self, message):
        lib, status = self.lib, ctypes.c_int(0)
        one = ctypes.c_void_p(lib.dkim_verify(self.handle, b"x", None, ctypes.byref(status)))
        try:
            said = lib.dkim_chunk(one, message, ctypes.c_size_t(len(message)))
            if said == 0:
                said = lib.dkim_chunk(one, None, ctypes.c_size_t(0))
            if said == 0:
                said = lib.dkim_eom(one, None)
            why = self.text(lib.dkim_geterror(one)) or self.text(lib.dkim_getresultstr(said))
            return self.signatures(one) or {"": "no message to it: %s" % why}
        finally:
            lib.dkim_free(one)

    def signatures(self, one):
        lib, count, found = self.lib, ctypes.c_int(0), ctypes.POINTER(ctypes.c_void_p)()
        if lib.dkim_getsiglist(one, ctypes.byref(found), ctypes.byref(count)) != 0:
            return {}
        said = {}
        for i in range(count.value):
            sig = ctypes.c_void_p(found[i])
            # It stops at the first that passes; the others are asked for by themselves.
            lib.dkim_sig_process(one, sig)
            passed = lib.dkim_sig_getflags(sig) & SIG_PASSED and lib.dkim_sig_getbh(sig) == BODY_MATCH
            error = self.text(lib.dkim_sig_geterrorstr(lib.dkim_sig_geterror(sig)))
            if not passed and lib.dkim_sig_getbh(sig) == 1:
                error = "body hash mismatch"
            said[self.text(lib.dkim_sig_getselector(sig))] = "ok" if passed else error or "does not verify"
        return said
