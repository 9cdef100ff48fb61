#!/usr/bin/env python3
"""random_mails.py SEED COUNT FOLDER: mails for the rewriter that nobody would send, and some that everybody does.

Small pieces of HTML, well formed and not, are put together at random, written in a charset and a transfer encoding, and
put into a message. The same seed makes the same mails. What judges the outcome is not here: fuzz_rewrite.c has one
oracle, and any independent reader of HTML is another.
"""
import base64
import os
import random
import re
import sys

LINK, WORD, PIECE = "\ue001", "\ue002", "\ue003"

CHARSETS = {  # label: (codec, characters that are in it)
	"utf-8": ("utf-8", "äßжш日本€😀\u00a0\u200b"),
	"UTF8": ("utf8", "äЖ"),
	"iso-8859-1": ("cp1252", "äöüÿ×"),
	"windows-1252": ("cp1252", "€“”äö"),
	"iso-8859-2": ("iso8859-2", "ąčř"),
	"iso-8859-15": ("iso8859-15", "€äö"),
	"windows-1251": ("cp1251", "жшщ"),
	"koi8-r": ("koi8-r", "жшщ"),
	"iso-8859-7": ("iso8859-7", "αβγ"),
	"windows-1255": ("cp1255", "אבג"),
	"gb2312": ("gb18030", "中文字"),
	"gbk": ("gb18030", "中文字丂乗"),
	"gb18030": ("gb18030", "中文😀丂"),
	"big5": ("big5", "中文許功蓋"),
	"shift_jis": ("cp932", "日本ソ表十ｱ"),
	"euc-jp": ("euc-jp", "日本ソ表"),
	"euc-kr": ("cp949", "한국어"),
	"ks_c_5601-1987": ("cp949", "한국어뷁"),
	"iso-2022-jp": ("iso2022_jp", "日本ソ表何"),
	"iso-2022-jp-1": ("iso2022_jp_1", "日本ソ何"),
	"iso-2022-jp-2": ("iso2022_jp_2", "日本ソ何"),
	"iso-2022-jp-3": ("iso2022_jp_3", "日本ソ何"),
	"iso-2022-kr": ("iso2022_kr", "한국가"),
	"hz-gb-2312": ("hz", "中文字之~"),
	"utf-7": ("utf-7", "äж日本+~"),
	"utf-16": ("utf-16", "äж日本㰀㸼㰼∼"),
	"utf-16le": ("utf-16-le", "äж㰀㸼㰼😀"),
	"utf-16be": ("utf-16-be", "äж㰀㸼㰼😀"),
	"utf-32": ("utf-32", "äж㰀"),
	"utf-32le": ("utf-32-le", "äж㰀😀"),
	"utf-32be": ("utf-32-be", "äж㰀😀"),
}
HOSTS = ["a.example", "b.example:8080", "www.c.example", "u:p@d.example", "[::1]", "192.0.2.7", "xn--bcher-kva.example",
	"bücher.example", "A.EXAMPLE", "e.example.", "{{host}}", "%%x%%", "", "a b.example", "a_b.example", "a..b.example",
	"ex%61mple.example", "f.example:99999"]
PATHS = ["", "/", "/a/b", "/?q=1&amp;r=2", "/?q=1&r=2", "/?a=1&copy=2", "/?a=1&copy;=2", "/?x=&lt&gt;", "/?n=&notin;&notit;",
	"/#frag", "/%20%zz", "/a b", "/a\tb\r\nc", "/?é=ü", "/&#x41;&#66&#0;&#128;", "/..//./x", "/{{id}}", "/'x", "/\"x", "/\\x",
	"/?u=http://x.example/", "/|^`", "/&AMP;&amp", "/&bogus;", "/&#xD800;", "/&#1114112;", "/~x+y", "/?c=\x01", "/" + "p" * 90,
	"/?h=&hellip;&nbsp", "/&", "/&#", "/&#x", "/&#x;", "/?a&amp=1", "/=3D", "/--b", "/\x0c", "/?a='b'"]
SCHEMES = ["http://", "https://", "HTTP://", "hTTps://", "//", "http:/", "http:", "https:\\\\", "http:///", " http://", "\nhttps://",
	"ht\ttp://", "&#104;ttp://", "http&colon;//", "http:&sol;&sol;", "mailto:", "javascript:", "tel:", "data:", "ftp://", "/", "#",
	"?", "../", "{{url}}", "[link]", "*|LINK|*", "%%url%%", "cid:", "", "\\\\", "/\\", "&#1;http://", "https&#58;//", "\0http://",
	"https://", "https://", "http://", "http://", "http://", "//"]


class Mail:
	def __init__(self, r):
		self.r = r
		self.label = r.choice(list(CHARSETS))
		if r.random() < 0.3:
			self.label = "utf-8"
		self.codec, self.letters = CHARSETS[self.label]

	def some(self, *choices):
		return self.r.choice(choices)

	def chance(self, p):
		return self.r.random() < p

	# ---- HTML ----

	def expand(self, text):
		"""What a place holder stands for is made only where it was chosen, and no more of it than there is fuel."""
		made = {LINK: self.link, WORD: self.word, PIECE: self.piece}

		def one(m):
			if m.group() == WORD or self.fuel <= 0:
				return self.word()
			self.fuel -= 1
			return self.expand(made[m.group()]())
		return re.sub("[%s%s%s]" % (LINK, WORD, PIECE), one, text)

	def word(self):
		n = self.r.randint(1, 4)
		return "".join(self.some("a", "z", "9", " ", "-", self.r.choice(self.letters), self.r.choice(self.letters)) for _ in range(n))

	def blank(self):
		return self.some(" ", " ", " ", "\n", "\t", "\r\n", "  ", "/", " / ", "\f")

	def url(self):
		u = (self.r.choice(SCHEMES) if self.chance(0.4) else self.some("http://", "https://")) + (self.r.choice(HOSTS) if self.chance(0.4) else "a.example") + self.r.choice(PATHS)
		if self.chance(0.1):
			u += self.word()
		if self.chance(0.05):
			u = u[:self.r.randint(0, len(u))] + self.some(" ", "\t", "\n", "&", "<", ">", "=") + u[-2:]
		return u + self.some("", "", "", "", " ", "\n", "&#32;")

	def value(self, v):
		q = self.some('"', '"', '"', "'", "'", "")
		if q == "" and self.chance(0.8):
			v = "".join(c for c in v if c not in " \t\r\n\f>\"'")
		if q and self.chance(0.95):
			v = v.replace(q, "")
		eq = self.some("=", "=", "=", "=", " = ", "=\n", " =", "= \t", "\f=")
		return eq + q + v + q

	def attribute(self):
		k = self.some("href", "HREF", "href", "href", "href", "class", "style", "id", "title", "data-href", "xlink:href", "onclick",
			"data-track", "clicktracking", "ses:no-track", "src", "name", "=", '"', "<", "href<", "hre\0f", "ü", "alt", "target")
		if k.lower().startswith("href"):
			v = self.url()
		else:
			v = self.some("off", "x", "on", "a b", "", ">", "'", "OFF", "http://no.example/", "<a href=\"http://no.example/\">", "_blank")
		if self.chance(0.08):
			return k
		return k + self.value(v)

	def tag(self, name, href=None):
		out = "<" + (name if self.chance(0.8) else name.upper())
		n = self.r.choice([0, 1, 1, 1, 2, 3])
		for i in range(n):
			out += self.blank() if self.chance(0.97) else ""
			if href and i == 0 and self.chance(0.8):
				out += self.some("href", "href", "HREF", "Href") + self.value(self.url())
			else:
				out += self.attribute()
		return out + self.some("", "", "", "", " ", "/", " /", "\n") + (">" if self.chance(0.98) else "")

	def link(self):
		out = self.tag(self.some("a", "a", "a", "a", "area", "abbr", "a:b", "a\0"), href=True)
		return out + (WORD if self.chance(0.8) else PIECE) + (self.some("</a>", "</A>", "</a >", "</a x=y>") if self.chance(0.9) else "")

	def comment(self):
		inner = self.some(WORD, LINK, "-", "--", ">", "->", "<!--", "--!", "-- >", "<!-", "")
		return self.some("<!--%s-->", "<!--%s-->", "<!-->%s-->", "<!--->%s-->", "<!--%s--!>", "<!--%s--", "<!--%s->", "<!-%s>", "<!%s>", "<?%s>",
			"</ %s>", "<!--%s", "</>%s", "<![CDATA[%s]]>", "<!--%s--->", "<!----%s---->", "<!DOCTYPE %s>", "<%%s%>").replace("%s", inner, 1) \
			if self.chance(0.95) else "<!---->"

	def conditional(self):
		c = self.some("if mso", "if gte mso 9", "if !mso", "if (mso)|(IE)", "if lt mso 12", "IF mso", "if IE", "ifx", "endif", "if&mso")
		inner = self.some(LINK, self.tag("v:roundrect", True) + "x</v:roundrect>", LINK + LINK, "<link href=\"http://l.example/\">",
			"<table><tr><td>", "<style>a{}</style>" + LINK, "<xml>" + self.tag("o:x", True) + "</xml>", self.tag("base", True))
		return self.some("<!--[%s]>%s<![endif]-->", "<!--[%s]>%s<![endif]-->", "<!--[%s]><!-->%s<!--<![endif]-->", "<![%s]>%s<![endif]>",
			"<!-- [%s]>%s<![endif]-->", "<!--[%s]>%s<![endif]--!>", "<!--[%s]>-->%s<!--<![endif]-->", "<!--[%s]>%s<![endif]", "<!--[%s]%s-->") % (c, inner)

	def raw(self):
		name = self.some("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "template", "plaintext")
		if name == "plaintext" and self.chance(0.8):
			name = "textarea"
		inner = self.some(LINK, WORD, "<!--" + LINK + "-->", "<!--<script>" + LINK + "</script>-->", "<!--<script>",
			"</" + name + "x>" + LINK, "</ " + name + ">", "<" + name + ">", "<!--", "\n")
		close = self.some("</%s>", "</%s>", "</%s>", "</%s >", "</%s/>", "</%s x=\">\">", "", "</%s\n>", "</%s").replace("%s", name if self.chance(0.9) else name.upper())
		return self.tag(name) + inner + close

	def foreign(self):
		name = self.some("svg", "svg", "math")
		inner = self.some(LINK, "<![CDATA[" + LINK + "]]>", "<title>" + LINK + "</title>", "<style>" + LINK + "</style>",
			"<foreignObject>" + LINK + "</foreignObject>", "<desc>" + PIECE + "</desc>", "<script>" + LINK + "</script>",
			"<mi>" + LINK + "</mi>", "<annotation-xml encoding=\"text/html\">" + LINK + "</annotation-xml>", "<b>" + LINK + "</b>",
			"<font color=x>" + LINK, "<![CDATA[x]]]>" + LINK, "<p>" + PIECE, "<g/>" + LINK, "<mglyph>" + LINK,
			"<textarea>" + LINK + "</textarea>", "<![CDATA[" + LINK, "<image href=\"http://i.example/\"/>")
		return self.some("<%s>", "<%s>", "<%s/>", "<%s x=y>").replace("%s", name) + inner + self.some("</%s>", "</%s>", "", "</p>") .replace("%s", name)

	def block(self):
		name = self.some("p", "div", "table", "tr", "td", "b", "i", "font", "span", "select", "option", "button", "form", "ul", "li", "h1", "center", "nobr",
			"map", "frameset", "caption", "input", "img", "br", "hr", "object", "marquee", "dd", "u", "applet", "image", "body", "html", "head", "base", "colgroup",
			"ruby", "rt", "pre", "listing", "optgroup", "keygen", "isindex", "main", "col", "noframes")
		if name == "frameset" and self.chance(0.8):
			name = "td"
		return self.tag(name) + self.pieces(self.r.randint(0, 3)) + ("</%s>" % name if self.chance(0.8) else "")

	def stray(self):
		return self.some("<", "<3", "</", "<>", "</>", "< a href=\"http://s.example/\">", "<a", "<a href", "<a href=", "<a href=\"", "&", "&amp;", "&lt;a href=x&gt;", "\0",
			"</a>", "</p>", "</table>", "</body>", "</html>", "</select>", "</br>", "</svg>", "<!", "<!-", "<?", "]]>", "-->", "=3D", "=", ".", "\n.\n", "--b", "\r\n--b1",
			"x" * 300, "\n", "\r", "\x1b(B", "\x0e", "</form>", "</head>", "<meta charset=\"" + self.label + "\">")

	def piece(self):
		kinds = [(self.word, 4), (self.link, 9), (self.comment, 2), (self.conditional, 1.5), (self.raw, 1), (self.foreign, 0.7), (self.block, 4), (self.stray, 0.8)]
		if self.r.random() < 0.05:
			return ""
		return self.r.choices([k for k, _ in kinds], [w for _, w in kinds])[0]()

	def pieces(self, n):
		out = []
		for _ in range(n):
			out.append(PIECE if len(out) < 40 else "")
		return self.some("", "", "\r\n", "\n", " ").join(out) if self.chance(0.9) else "\r\n".join(out)

	def html(self):
		body = self.pieces(self.r.randint(0, 5))
		if self.chance(0.5):
			head = self.some("", "<!DOCTYPE html>", "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">") + "<html>" + self.some(
				"", "<head></head>", "<head><title>" + WORD + "</title></head>", "<head><meta charset=" + self.label + "></head>",
				"<head><meta http-equiv=Content-Type content=\"text/html; charset=" + self.some(self.label, "iso-8859-1", "utf-16") + "\"></head>",
				"<head><base href=\"http://base.example/\"></head>", "<head><style>a{}</style></head>")
			body = head + self.some("<body>", "<body bgcolor=x>", "", "<BODY\n>") + body + self.some(
				"</body></html>", "</body></html>", "</body>\r\n</html>\r\n", "</body>", "</html>", "", "</BODY></HTML>", "</body></body>", "</body></html>\r\n\r\n ",
				"\r\n</body >\r\n", "</html></body>", "</body><!-- x --></html>", "</body>x")
		self.fuel = self.r.choice([3, 8, 15, 30])
		return self.expand(body)

	# ---- MIME ----

	def encoded(self, text):
		errors = "xmlcharrefreplace" if self.codec not in ("utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-7") else "replace"
		if "2022" in self.codec or self.codec == "hz":
			text = text.replace("\x1b", "").replace("\x0e", "")
		data = text.encode(self.codec, errors)
		if self.label.startswith("utf") and self.chance(0.05) and self.codec not in ("utf-16", "utf-32", "utf-7"):
			data = "\ufeff".encode(self.codec) + data
		if self.label == "utf-16" and self.chance(0.3):
			data = data[2:]
		return data

	def quoted_printable(self, data):
		out, line = [], b""
		width, much = self.r.choice([76, 76, 76, 60, 40, 20, 74]), self.r.choice([0, 0, 0.05, 0.3, 1])
		hexa = b"%02x" if self.chance(0.1) else b"%02X"
		for i, byte in enumerate(data):
			if byte == 10 and data[i - 1:i] == b"\r" and "16" not in self.codec and "32" not in self.codec:
				out.append(line[:-3] + b"\r\n" if line.endswith((b"=0D", b"=0d")) else line + b"=0A" + b"=\r\n")
				line = b""
				continue
			last = i + 1 == len(data) or data[i + 1] in b"\r\n"
			c = b"=" + hexa % byte if byte in b"=\r\n" or byte > 126 or byte < 32 or (byte == 32 and last) or self.r.random() < much else bytes([byte])
			if len(line) + len(c) > width - 1 or (self.chance(0.01) and line):
				out.append(line + b"=\r\n")
				line = b""
			line += c
		return b"".join(out) + line

	def base64(self, data):
		text = base64.b64encode(data)
		n = self.r.choice([76, 76, 76, 72, 64, 60, 75, 4, 1000])
		lines = [text[i:i + n] for i in range(0, len(text), n)]
		if self.chance(0.05) and lines:
			lines.insert(self.r.randint(0, len(lines)), b"")
		return b"\r\n".join(lines)

	def html_part(self):
		data = self.encoded(self.html())
		wide = any(x in self.codec for x in ("16", "32"))
		cte = self.some("quoted-printable", "base64", "8bit", "quoted-printable", "base64", "binary")
		if wide and cte not in ("base64", "quoted-printable"):
			cte = "base64"
		if "2022" in self.codec or self.codec in ("hz", "utf-7"):
			cte = self.some("7bit", "7bit", "base64", "quoted-printable")
		elif not any(b > 126 for b in data) and self.chance(0.5):
			cte = "7bit"
		body = data
		if cte == "quoted-printable":
			body = self.quoted_printable(data)
		elif cte == "base64":
			body = self.base64(data)
		body += self.some(b"", b"\r\n", b"\r\n", b"\r\n", b"\r\n\r\n")
		label = self.some(self.label, self.label.upper(), '"%s"' % self.label)
		if "latin" in self.codec or self.chance(0.03):
			label = self.some("", "us-ascii", "x-unknown", "utf-8", "iso-8859-1")
		kind = self.some("text/html; charset=%s", "text/html; charset=%s", "text/html;charset=%s", "Text/HTML;\r\n\tcharset=%s", "text/html; format=flowed; charset=%s",
			"text/html (a comment); charset=%s (an other)", "text/html; charset*=us-ascii''%s", "text/html; charset=%s;", "TEXT / HTML; charset=%s")
		out = b"Content-Type: " + (kind % label).replace("=\r", "=x\r").encode() + b"\r\n" if label else b"Content-Type: text/html\r\n"
		if cte != "7bit" or self.chance(0.5):
			out += b"Content-Transfer-Encoding: " + self.some(cte, cte, cte.upper(), cte + " (so)").encode() + b"\r\n"
		if self.chance(0.06):
			out += self.some(b"Content-Disposition: attachment\r\n", b"Content-Disposition: inline\r\n", b"Content-Disposition: inline; filename=x.html\r\n",
				b"Content-Disposition: attachment; filename=\"x.html\"\r\n", b"Content-ID: <x@y>\r\n", b"Content-Description: x\r\n", b"Content-MD5: x\r\n")
		return out, body

	def other_part(self):
		return self.some(
			(b"Content-Type: text/plain; charset=utf-8\r\n", b"see http://a.example/ or <a href=\"http://b.example/\">\r\n"),
			(b"", b"no header http://a.example/"),
			(b"Content-Type: message/rfc822\r\n", b"Subject: in\r\nContent-Type: text/html\r\n\r\n<a href=\"http://n.example/\">n</a>\r\n"),
			(b"Content-Type: text/x-amp-html\r\n", b"<html amp4email><a href=\"http://n.example/\">n</a>"),
			(b"Content-Type: text/calendar\r\n", b"BEGIN:VCALENDAR\r\nURL:http://n.example/\r\nEND:VCALENDAR"),
			(b"Content-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n", b"R0lGODlhAQABAAAAACwAAAAAAQABAAA=\r\n"),
			(b"Content-Type: application/xhtml+xml\r\n", b"<a href=\"http://n.example/\">n</a>"))

	def entity(self, depth):
		if depth >= 4 or self.chance(0.45 if depth == 0 else 0.65):
			return self.html_part() if self.chance(0.85) else self.other_part()
		b = self.some("b", "b1", "b%d" % depth, "=_x", "a b", "b1x", "--", "b'()+_,-./:=?", "bound" * 10).encode()
		kind = self.some("mixed", "alternative", "related", "alternative", "mixed", "alternative", "signed", "encrypted", "report", "digest", "x-foo", "parallel", "form-data")
		quoted = b'"' + b + b'"' if b" " in b or b":" in b or self.chance(0.8) else b
		head = b"Content-Type: multipart/" + kind.encode() + self.some(b"; ", b";\r\n ", b"; type=\"text/html\"; ") + b"boundary=" + quoted + b"\r\n"
		body = self.some(b"", b"", b"preamble http://p.example/\r\n", b"\r\n")
		for _ in range(self.r.choice([0, 1, 1, 2, 2, 3])):
			h, inner = self.entity(depth + 1)
			body += b"--" + b + self.some(b"", b"", b"", b"  ", b"\t") + b"\r\n" + h + b"\r\n" + inner + b"\r\n"
		if self.chance(0.92):
			body += b"--" + b + b"--" + self.some(b"\r\n", b"", b" \r\n", b"\r\nepilogue <a href=\"http://e.example/\">\r\n")
		return head, body

	def message(self):
		head, body = self.entity(0)
		top = b"From: a@a.example\r\nTo: b@b.example\r\nSubject: =?utf-8?q?x?=\r\n" + self.some(b"MIME-Version: 1.0\r\n", b"", b"X-Folded: a\r\n b\r\n\tc\r\n")
		return top + head + b"\r\n" + body


def main():
	seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
	os.makedirs(folder, exist_ok=True)
	for i in range(count):
		mail = Mail(random.Random(seed * 1000003 + i)).message()
		with open(os.path.join(folder, "%07d-%06d.eml" % (seed, i)), "wb") as f:
			f.write(mail)


main()
