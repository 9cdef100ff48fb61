#include "forwarded.h"
#include "buf.h"
#include "folded.h"

enum { LINE_MAX_BYTES = 120, GAP_LINES = 3, FIELD_LINES = 30 };

/* Lines that announce it, folded; mail programs put dashes, stars or nothing around them. */
static const char *const announcements[] = { "begin forwarded message", "forwarded message",
	"original message", "original appointment", "weitergeleitete nachricht",
	"ursprungliche nachricht", "originalnachricht", "original-nachricht",
	"anfang der weitergeleiteten", "message transfere", "message d'origine", "message original",
	"debut du message", "mensaje reenviado", "mensaje original", "inicio del mensaje",
	"messaggio inoltrato", "messaggio originale", "inizio messaggio inoltrato",
	"mensagem encaminhada", "mensagem original", "doorgestuurd bericht",
	"oorspronkelijk bericht", "ursprungligt meddelande", "vidarebefordrat",
	"oprindelig meddelelse", "videresendt", "opprinnelig melding", "alkuperainen viesti",
	"valitetty viesti", "wiadomosc oryginalna", "wiadomosc przekazana", "puvodni zprava",
	"preposlana zprava", "eredeti uzenet", "tovabbitott", "mesaj original",
	"mesaj redirectionat", "orijinal ileti", "iletilen ileti", "пересылаемое сообщение",
	"исходное сообщение", "пересланное сообщение", "αρχικο μηνυμα", "προωθημενο μηνυμα",
	"元のメッセージ", "転送されたメッセージ", "転送メッセージ", "原始邮件", "转发邮件",
	"原始郵件", "轉寄郵件", "원본 메시지", "전달된 메시지" };

/* What the mail program called a field, folded. */
static const struct {
	const char *shown, *name;
} fields[] = {
	{ "from", "From" },
	{ "von", "From" },
	{ "de", "From" },
	{ "da", "From" },
	{ "van", "From" },
	{ "fran", "From" },
	{ "fra", "From" },
	{ "lahettaja", "From" },
	{ "od", "From" },
	{ "felado", "From" },
	{ "от", "From" },
	{ "kimden", "From" },
	{ "απο", "From" },
	{ "差出人", "From" },
	{ "发件人", "From" },
	{ "寄件者", "From" },
	{ "보낸 사람", "From" },
	{ "subject", "Subject" },
	{ "betreff", "Subject" },
	{ "objet", "Subject" },
	{ "asunto", "Subject" },
	{ "oggetto", "Subject" },
	{ "assunto", "Subject" },
	{ "onderwerp", "Subject" },
	{ "amne", "Subject" },
	{ "emne", "Subject" },
	{ "aihe", "Subject" },
	{ "temat", "Subject" },
	{ "predmet", "Subject" },
	{ "targy", "Subject" },
	{ "тема", "Subject" },
	{ "konu", "Subject" },
	{ "subiect", "Subject" },
	{ "θεμα", "Subject" },
	{ "件名", "Subject" },
	{ "主题", "Subject" },
	{ "主旨", "Subject" },
	{ "제목", "Subject" },
	{ "to", "To" },
	{ "an", "To" },
	{ "a", "To" },
	{ "para", "To" },
	{ "aan", "To" },
	{ "till", "To" },
	{ "til", "To" },
	{ "do", "To" },
	{ "komu", "To" },
	{ "кому", "To" },
	{ "date", "Date" },
	{ "sent", "Date" },
	{ "datum", "Date" },
	{ "gesendet", "Date" },
	{ "envoye", "Date" },
	{ "enviado", "Date" },
	{ "fecha", "Date" },
	{ "inviato", "Date" },
	{ "data", "Date" },
	{ "message-id", "Message-ID" },
	{ "reply-to", "Reply-To" },
	{ "cc", "Cc" },
};

static bool
announces(struct span line, struct arena *a)
{
	struct span f;

	line = span_trim(line);
	if (line.n < 8 || line.n > LINE_MAX_BYTES)
		return false;
	f = folded(line, a);
	for (size_t i = 0; i < sizeof(announcements) / sizeof(announcements[0]); i++)
		if (span_find_str(f, announcements[i]) >= 0)
			return true;
	return false;
}

/* Without one level of quoting. */
static struct span
unquoted(struct span line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n == 0 || line.p[0] != '>')
		return line;
	line = span_from(line, 1);
	return line.n > 0 && line.p[0] == ' ' ? span_from(line, 1) : line;
}

/* "Betreff: x", "*From:* x": the field's own name, *value behind the colon. NULL: it is none. */
static const char *
field_of(struct span line, struct span *value, struct arena *a)
{
	struct span name;
	ptrdiff_t colon;

	line = span_trim(line);
	while (line.n > 0 && line.p[0] == '*')
		line = span_from(line, 1);
	colon = span_find(line, ':');
	if (colon <= 0 || colon > 40)
		return NULL;
	*value = span_from(line, (size_t)colon + 1);
	while (value->n > 0 && (value->p[0] == '*' || value->p[0] == ' '))
		*value = span_from(*value, 1);
	name = folded(span_trim(span_first(line, (size_t)colon)), a);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i].shown))
			return fields[i].name;
	return NULL;
}

static unsigned
put_field(struct buf *out, const char *name, struct span value)
{
	buf_str(out, name);
	buf_str(out, ": ");
	buf_span(out, value);
	buf_byte(out, '\n');
	return 1;
}

/* The fields at the front of *text; how many. *text goes on behind them. */
static unsigned
put_fields(struct buf *out, struct span *text, struct arena *a)
{
	unsigned n = 0, gap = 0;

	for (unsigned i = 0; i < FIELD_LINES && text->n > 0; i++) {
		struct span rest, value, line = unquoted(span_cut(*text, '\n', &rest));
		const char *name = field_of(line, &value, a);

		if (name != NULL)
			n += put_field(out, name, value);
		else if (span_trim(line).n == 0 && n > 0)
			break;
		else if (n == 0 && ++gap > GAP_LINES)
			break;
		*text = rest;
	}
	return n;
}

static struct span
rebuilt(struct span text, struct arena *a)
{
	struct span message = { NULL, 0 };
	struct buf out;

	buf_init(&out, text.n * 2 + 1024);
	if (put_fields(&out, &text, a) >= 2) {
		buf_byte(&out, '\n');
		while (text.n > 0) {
			buf_span(&out, unquoted(span_cut(text, '\n', &text)));
			buf_byte(&out, '\n');
		}
		message = arena_span(a, buf_all(&out));
	}
	buf_free(&out);
	return message;
}

struct span
forwarded_message(struct span text, struct arena *a)
{
	struct span rest = text;

	while (rest.n > 0)
		if (announces(span_cut(rest, '\n', &rest), a))
			return rebuilt(rest, a);
	return span_of(NULL, 0);
}
