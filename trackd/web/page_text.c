#include "page_text.h"

static const struct page_words words[PAGE_LANGUAGES] = {
	[PAGE_EN] = {
		.code = "en",
		.not_found = "Not found",
		.not_found_words = "There is nothing at this address. Perhaps the link was cut short on its way.",
		.gone = "Link too old",
		.gone_words = "This link is too old to be followed.",
		.off = "Link switched off",
		.off_words = "This link was switched off, because what it leads to may do harm. Nothing was opened.",
		.later = "Not just now",
		.later_words = "This cannot be done at the moment, and nothing was changed. Please try again in a minute.",
		.ask = "Unsubscribe?",
		.ask_all = "If you press the button, no more mail from {from} goes to {to}.",
		.ask_list = "If you press the button, no more mail of “{list}” from {from} goes to {to}. Other mail from there still comes.",
		.ask_hint = "Until then nothing happens.",
		.button = "Unsubscribe",
		.done = "Unsubscribed",
		.done_all = "Done: {to} gets no more mail from {from}.",
		.done_list = "Done: {to} gets no more mail of “{list}” from {from}.",
		.done_hint = "What is on its way already may still arrive. Was it a mistake? Ask the sender to add you again.",
	},
	[PAGE_DE] = {
		.code = "de",
		.not_found = "Nicht gefunden",
		.not_found_words = "Unter dieser Adresse gibt es nichts. Vielleicht wurde der Link unterwegs abgeschnitten.",
		.gone = "Link zu alt",
		.gone_words = "Dieser Link ist zu alt, um ihm noch zu folgen.",
		.off = "Link abgeschaltet",
		.off_words = "Dieser Link wurde abgeschaltet, weil sein Ziel Schaden anrichten kann. Es wurde nichts geöffnet.",
		.later = "Gerade nicht möglich",
		.later_words = "Das ist im Moment nicht möglich, und es wurde nichts geändert. Bitte versuchen Sie es in einer Minute noch einmal.",
		.ask = "Abmelden?",
		.ask_all = "Wenn Sie den Knopf drücken, gehen an {to} keine Mails von {from} mehr.",
		.ask_list = "Wenn Sie den Knopf drücken, gehen an {to} keine Mails von „{list}“ ({from}) mehr. Andere Mails von dort kommen weiterhin.",
		.ask_hint = "Bis dahin geschieht nichts.",
		.button = "Abmelden",
		.done = "Abgemeldet",
		.done_all = "Erledigt: {to} bekommt keine Mails von {from} mehr.",
		.done_list = "Erledigt: {to} bekommt keine Mails von „{list}“ ({from}) mehr.",
		.done_hint = "Was schon unterwegs ist, kann noch eintreffen. War es ein Versehen? Bitten Sie den Absender, Sie wieder aufzunehmen.",
	},
	[PAGE_FR] = {
		.code = "fr",
		.not_found = "Page introuvable",
		.not_found_words = "Il n’y a rien à cette adresse. Le lien a peut-être été coupé en chemin.",
		.gone = "Lien trop ancien",
		.gone_words = "Ce lien est trop ancien pour être suivi.",
		.off = "Lien désactivé",
		.off_words = "Ce lien a été désactivé, car ce vers quoi il mène peut être dangereux. Rien n’a été ouvert.",
		.later = "Pas pour l’instant",
		.later_words = "Ce n’est pas possible pour le moment, et rien n’a été modifié. Veuillez réessayer dans une minute.",
		.ask = "Se désabonner ?",
		.ask_all = "Si vous appuyez sur le bouton, plus aucun message de {from} ne sera envoyé à {to}.",
		.ask_list = "Si vous appuyez sur le bouton, plus aucun message de « {list} » ({from}) ne sera envoyé à {to}. Les autres messages continueront.",
		.ask_hint = "D’ici là, rien ne se passe.",
		.button = "Se désabonner",
		.done = "Désabonné",
		.done_all = "C’est fait : {to} ne recevra plus de messages de {from}.",
		.done_list = "C’est fait : {to} ne recevra plus de messages de « {list} » ({from}).",
		.done_hint = "Ce qui est déjà en route peut encore arriver. Une erreur ? Demandez à l’expéditeur de vous réinscrire.",
	},
	[PAGE_ES] = {
		.code = "es",
		.not_found = "No encontrado",
		.not_found_words = "No hay nada en esta dirección. Quizá el enlace se cortó por el camino.",
		.gone = "Enlace demasiado antiguo",
		.gone_words = "Este enlace es demasiado antiguo para seguirlo.",
		.off = "Enlace desactivado",
		.off_words = "Este enlace se desactivó porque el sitio al que lleva puede ser dañino. No se ha abierto nada.",
		.later = "Ahora no es posible",
		.later_words = "No es posible en este momento y no se ha cambiado nada. Inténtelo de nuevo dentro de un minuto.",
		.ask = "¿Darse de baja?",
		.ask_all = "Si pulsa el botón, no se enviará más correo de {from} a {to}.",
		.ask_list = "Si pulsa el botón, no se enviará más correo de «{list}» ({from}) a {to}. El resto del correo seguirá llegando.",
		.ask_hint = "Hasta entonces no ocurre nada.",
		.button = "Darse de baja",
		.done = "Baja realizada",
		.done_all = "Hecho: {to} no recibirá más correo de {from}.",
		.done_list = "Hecho: {to} no recibirá más correo de «{list}» ({from}).",
		.done_hint = "Lo que ya está en camino aún puede llegar. ¿Fue un error? Pida al remitente que vuelva a añadirle.",
	},
	[PAGE_IT] = {
		.code = "it",
		.not_found = "Non trovato",
		.not_found_words = "A questo indirizzo non c’è nulla. Forse il link è stato tagliato lungo il percorso.",
		.gone = "Link troppo vecchio",
		.gone_words = "Questo link è troppo vecchio per essere seguito.",
		.off = "Link disattivato",
		.off_words = "Questo link è stato disattivato perché ciò a cui porta può essere dannoso. Non è stato aperto nulla.",
		.later = "Non ora",
		.later_words = "Al momento non è possibile e nulla è stato modificato. Riprovi fra un minuto.",
		.ask = "Annullare l’iscrizione?",
		.ask_all = "Se preme il pulsante, non verrà più inviata posta di {from} a {to}.",
		.ask_list = "Se preme il pulsante, non verrà più inviata posta di «{list}» ({from}) a {to}. L’altra posta continuerà ad arrivare.",
		.ask_hint = "Fino ad allora non succede nulla.",
		.button = "Annulla l’iscrizione",
		.done = "Iscrizione annullata",
		.done_all = "Fatto: {to} non riceverà più posta di {from}.",
		.done_list = "Fatto: {to} non riceverà più posta di «{list}» ({from}).",
		.done_hint = "Ciò che è già in viaggio può ancora arrivare. È stato un errore? Chieda al mittente di iscriverla di nuovo.",
	},
	[PAGE_NL] = {
		.code = "nl",
		.not_found = "Niet gevonden",
		.not_found_words = "Op dit adres is niets te vinden. Misschien is de link onderweg afgebroken.",
		.gone = "Link te oud",
		.gone_words = "Deze link is te oud om nog te volgen.",
		.off = "Link uitgeschakeld",
		.off_words = "Deze link is uitgeschakeld, omdat het doel ervan schade kan aanrichten. Er is niets geopend.",
		.later = "Nu even niet",
		.later_words = "Dit kan op dit moment niet, en er is niets veranderd. Probeer het over een minuut opnieuw.",
		.ask = "Afmelden?",
		.ask_all = "Als u op de knop drukt, gaat er geen mail van {from} meer naar {to}.",
		.ask_list = "Als u op de knop drukt, gaat er geen mail van ‘{list}’ ({from}) meer naar {to}. Andere mail blijft komen.",
		.ask_hint = "Tot dan gebeurt er niets.",
		.button = "Afmelden",
		.done = "Afgemeld",
		.done_all = "Gedaan: {to} krijgt geen mail van {from} meer.",
		.done_list = "Gedaan: {to} krijgt geen mail van ‘{list}’ ({from}) meer.",
		.done_hint = "Wat al onderweg is, kan nog aankomen. Was het een vergissing? Vraag de afzender u weer toe te voegen.",
	},
	[PAGE_PT] = {
		.code = "pt",
		.not_found = "Não encontrado",
		.not_found_words = "Não há nada neste endereço. Talvez o link tenha sido cortado no caminho.",
		.gone = "Link demasiado antigo",
		.gone_words = "Este link é demasiado antigo para ser seguido.",
		.off = "Link desativado",
		.off_words = "Este link foi desativado, porque o destino pode ser prejudicial. Nada foi aberto.",
		.later = "Agora não é possível",
		.later_words = "Não é possível neste momento e nada foi alterado. Tente de novo dentro de um minuto.",
		.ask = "Cancelar a subscrição?",
		.ask_all = "Se premir o botão, não será enviado mais correio de {from} para {to}.",
		.ask_list = "Se premir o botão, não será enviado mais correio de “{list}” ({from}) para {to}. O restante correio continua.",
		.ask_hint = "Até lá, nada acontece.",
		.button = "Cancelar a subscrição",
		.done = "Subscrição cancelada",
		.done_all = "Feito: {to} não recebe mais correio de {from}.",
		.done_list = "Feito: {to} não recebe mais correio de “{list}” ({from}).",
		.done_hint = "O que já está a caminho ainda pode chegar. Foi um engano? Peça ao remetente que o inscreva de novo.",
	},
	[PAGE_JA] = {
		.code = "ja",
		.not_found = "見つかりません",
		.not_found_words = "このアドレスには何もありません。リンクが途中で切れている可能性があります。",
		.gone = "リンクの期限切れ",
		.gone_words = "このリンクは古いため、開くことができません。",
		.off = "リンクは無効です",
		.off_words = "リンク先が有害なおそれがあるため、このリンクは無効にされました。何も開かれていません。",
		.later = "現在ご利用いただけません",
		.later_words = "ただいま処理できません。何も変更されていません。1 分ほどしてからもう一度お試しください。",
		.ask = "配信を停止しますか？",
		.ask_all = "ボタンを押すと、{from} から {to} へのメールを今後お送りしません。",
		.ask_list = "ボタンを押すと、{from} の「{list}」のメールを今後 {to} へお送りしません。その他のメールは引き続き届きます。",
		.ask_hint = "それまでは何も変更されません。",
		.button = "配信を停止する",
		.done = "配信を停止しました",
		.done_all = "完了しました。{from} から {to} へのメールは今後届きません。",
		.done_list = "完了しました。{from} の「{list}」のメールは今後 {to} へ届きません。",
		.done_hint = "すでに送信されたメールは届く場合があります。お間違えの場合は、送信者に再登録をご依頼ください。",
	},
};

const struct page_words *
page_words(enum page_language l)
{
	return &words[l];
}

/* q=0.8 in thousandths; without one, or where it is none, 1000. */
static unsigned
weight(struct span params)
{
	struct span value, name = span_trim(span_cut(span_trim(params), '=', &value));
	unsigned q = 0, unit = 1000;

	value = span_trim(value);
	if (!span_is_nocase(name, "q") || value.n == 0 || value.n > 5)
		return 1000;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '.')
			continue;
		if (value.p[i] < '0' || value.p[i] > '9')
			return 1000;
		q += (unsigned)(value.p[i] - '0') * unit;
		unit /= 10;
	}
	return q;
}

static int
known(struct span tag)
{
	struct span rest, first = span_cut(tag, '-', &rest);

	for (int l = 0; l < PAGE_LANGUAGES; l++)
		if (span_is_nocase(first, words[l].code))
			return l;
	return -1;
}

enum page_language
page_language(struct span accept)
{
	enum page_language best = PAGE_EN;
	unsigned most = 0;

	while (accept.n > 0) {
		struct span params,
		    tag = span_trim(span_cut(span_cut(accept, ',', &accept), ';', &params));
		int l = known(tag);
		unsigned q = l < 0 ? 0 : weight(params);

		if (q > most) {
			most = q;
			best = (enum page_language)l;
		}
	}
	return best;
}
