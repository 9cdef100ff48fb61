#include "bounce_parse.h"

#include <check.h>

#define DAEMON "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: b@sender.example\n"
#define ANN    "Return-Path: <ann@example.com>\nFrom: Ann <ann@example.com>\nTo: b@sender.example\n"
#define UTF8   "Content-Type: text/plain; charset=utf-8\n"
#define COPY                                                                                       \
	"\n------ This is a copy of the message ------\n\nReceived: from x\nMessage-ID: "          \
	"<m@s>\nTo: joe@example.org\n\nhi\n"
#define MDN(disposition)                                                                           \
	"Content-Type: multipart/report; report-type=disposition-notification; "                   \
	"boundary=X\n\n--X\n\n"                                                                    \
	"See below.\n--X\nContent-Type: message/disposition-notification\n\nFinal-Recipient: "     \
	"rfc822; "                                                                                 \
	"joe@example.org\nDisposition: " disposition "\n\n--X--\n"

static const struct {
	const char *name, *mail;
	enum kind kind;
	enum kind_sub sub;
} cases[] = {
	{ "away, with the List-Id of what it answers",
	    "Return-Path: <ann@example.com>\nFrom: Ann <ann@example.com>\nTo: b@sender.example\n"
	    "List-Id: <news.sender.example>\nSubject: Out of office: Spring news\n\nI am away "
	    "until "
	    "Monday.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	/* warnings */
	{ "Postfix is late",
	    DAEMON
	    "Subject: Delayed Mail (still being retried)\n\nYour message could not be delivered "
	    "for 4 "
	    "hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<joe@example.org>: connect "
	    "to mx.example.org: Connection timed out\n",
	    KIND_DELAYED, 0 },
	{ "sendmail is late",
	    DAEMON
	    "Subject: Warning: could not send message for past 4 hours\n\n  **** THIS IS A WARNING "
	    "MESSAGE ONLY ****\n\n ----- Transcript of session follows -----\n451 "
	    "mx.example.org: Name server timeout\nMessage could not be delivered for 4 "
	    "hours\nMessage will be deleted from queue after 5 days\n",
	    KIND_DELAYED, 0 },
	{ "Exim is late",
	    DAEMON
	    "Subject: Warning: message 1a-2b delayed 24 hours\n\nThis message was created "
	    "automatically by mail delivery software.\nA message that you sent has not yet been "
	    "delivered to one or more of its\nrecipients after more than 24 hours.\n\nThe address "
	    "to which the message has not yet been delivered is:\n\n  joe@example.org\n\nNo action "
	    "is "
	    "required on your part.\n",
	    KIND_DELAYED, 0 },
	{ "qmail-like",
	    DAEMON
	    "Subject: deferral notice\n\nHi. This is the mail program at mx.example.\nI am still "
	    "trying to deliver your message to <joe@example.org>.\n",
	    KIND_DELAYED, 0 },
	{ "German, late",
	    DAEMON UTF8
	    "Subject: Zustellung verzögert\n\nIhre Nachricht an joe@example.org konnte noch "
	    "nicht zugestellt werden. Es wird weiterhin versucht.\n",
	    KIND_DELAYED, 0 },
	{ "French, late",
	    DAEMON UTF8
	    "Subject: Remise différée : bonjour\n\nLa remise à joe@example.org est retardée.\n",
	    KIND_DELAYED, 0 },
	{ "Japanese, late, ISO-2022-JP",
	    DAEMON "Content-Type: text/plain; charset=iso-2022-jp\nSubject: "
		   "=?utf-8?B?6YWN5L+h6YGF5bu2?=\n\njoe@example.org\n",
	    KIND_DELAYED, 0 },
	{ "Spanish, late",
	    DAEMON UTF8
	    "Subject: Entrega retrasada\n\nEl mensaje para joe@example.org aún no se ha "
	    "entregado. Se seguirá intentando.\n",
	    KIND_DELAYED, 0 },
	{ "late, with a copy, from nobody known",
	    "From: robot@mx.example\nSubject: Mail status\n\njoe@example.org has not yet been "
	    "delivered; "
	    "we will keep trying for 3 days.\n" COPY,
	    KIND_DELAYED, 0 },
	/* no warning, though it speaks of time */
	{ "expired",
	    DAEMON
	    "Subject: Undelivered Mail\n\n<joe@example.org>: connect timed out. I have been trying "
	    "for 5 days and gave up; no further attempts will be made.\n",
	    KIND_BOUNCE, 0 },

	/* success */
	{ "relayed, words only",
	    DAEMON "Subject: Successful Mail Delivery Report\n\nYour message was successfully "
		   "delivered to "
		   "the destination(s) listed below.\n\n<joe@example.org>: delivery via "
		   "mx.example.org: 250 "
		   "ok\n",
	    KIND_DELIVERED, 0 },
	{ "Exchange, relayed",
	    DAEMON "Subject: Relayed: hello\n\nDelivery to these recipients is complete, but no "
		   "receipt was "
		   "sent: joe@example.org\n",
	    KIND_DELIVERED, 0 },

	/* bounces in many words */
	{ "German",
	    DAEMON UTF8 "Subject: Unzustellbar: Hallo\n\nEmpfänger unbekannt: joe@example.org\n",
	    KIND_BOUNCE, 0 },
	{ "French",
	    DAEMON UTF8 "Subject: Échec de la remise\n\nL’adresse joe@example.org n’existe pas.\n",
	    KIND_BOUNCE, 0 },
	{ "Italian",
	    DAEMON UTF8 "Subject: Mancato recapito\n\njoe@example.org: utente sconosciuto\n",
	    KIND_BOUNCE, 0 },
	{ "Russian, KOI8-R",
	    DAEMON "Content-Type: text/plain; charset=koi8-r\nSubject: "
		   "=?koi8-r?B?7sUg1cTBzM/T2CDEz9PUwdfJ1Ng=?=\n"
		   "\njoe@example.org\n",
	    KIND_BOUNCE, 0 },
	{ "Chinese", DAEMON UTF8 "Subject: 系统退信\n\njoe@example.org 用户不存在\n", KIND_BOUNCE,
	    0 },
	{ "Korean", DAEMON UTF8 "Subject: 메일 반송 안내\n\njoe@example.org\n", KIND_BOUNCE, 0 },
	{ "a language not known here",
	    DAEMON UTF8 "Subject: xyz\n\nqwe rty <joe@example.org>: uio\n", KIND_BOUNCE, 0 },
	{ "with Auto-Submitted: auto-replied",
	    DAEMON "Auto-Submitted: auto-replied\nSubject: Delivery Status Notification "
		   "(Failure)\n\nAddress not found: joe@example.org\n",
	    KIND_BOUNCE, 0 },
	{ "not allowed on the list",
	    "From: list-owner@lists.example\nSubject: Post by non-member to announce "
	    "rejected\n\nYou are "
	    "not allowed to post to this mailing list, and your message has been automatically "
	    "rejected.\n",
	    KIND_BOUNCE, 0 },
	{ "forwarded by a person",
	    ANN
	    "Subject: Fwd: Undelivered Mail Returned to Sender\n\nWhat is this?\n\nBegin forwarded "
	    "message:\n\n> From: MAILER-DAEMON@mx.example\n> Subject: Undelivered Mail Returned to "
	    "Sender\n> To: ann@example.com\n>\n> <joe@example.org>: host mx.example.org said: 550 "
	    "5.1.1 unknown user\n",
	    KIND_BOUNCE, 0 },
	{ "a rejection as MDN",
	    ANN "Subject: Automatically rejected mail\n" MDN(
		"automatic-action/MDN-sent-automatically; deleted"),
	    KIND_BOUNCE, 0 },

	/* auto-replies */
	{ "RFC 3834",
	    ANN "Auto-Submitted: auto-replied (vacation)\nSubject: Re: hi\n\nBack soon.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Exchange", ANN "Subject: Automatic reply: hi\n\nI will respond on Monday.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "by words", ANN "Subject: Re: hi\n\nI am out of the office until 5 May.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "bulk precedence on an answer",
	    ANN "Precedence: bulk\nIn-Reply-To: <m@s>\nSubject: Re: hi\n\nGone fishing.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "German vacation", ANN UTF8 "Subject: Abwesenheitsnotiz: hi\n\nIch bin im Urlaub.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "German, Q", ANN "Subject: =?iso-8859-1?Q?Nicht_im_B=FCro?=\n\n.\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "French vacation", ANN UTF8 "Subject: Réponse automatique : salut\n\nJe suis en congé.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Spanish vacation", ANN UTF8 "Subject: Respuesta automática: hola\n\n.\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "Italian vacation", ANN UTF8 "Subject: Re: ciao\n\nSarò assente fino a lunedì.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Portuguese vacation", ANN UTF8 "Subject: Re: oi\n\nEstou de férias até dia 3.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Dutch vacation", ANN UTF8 "Subject: Automatisch antwoord: hoi\n\nIk ben met vakantie.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Swedish vacation", ANN UTF8 "Subject: Autosvar: hej\n\nJag är på semester.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Danish vacation", ANN UTF8 "Subject: Autosvar\n\nJeg holder ferie.\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "Norwegian vacation", ANN UTF8 "Subject: Fravær\n\nJeg er ikke på kontoret.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Finnish vacation", ANN UTF8 "Subject: Automaattinen vastaus: hei\n\nOlen lomalla.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Polish vacation",
	    ANN UTF8 "Subject: Odpowiedź automatyczna: hej\n\nJestem na urlopie.\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "Czech vacation", ANN UTF8 "Subject: Automatická odpověď\n\nJsem na dovolené.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Hungarian vacation", ANN UTF8 "Subject: Automatikus válasz\n\nSzabadságon vagyok.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Russian vacation", ANN UTF8 "Subject: Автоответ: привет\n\nЯ в отпуске до 5 мая.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Turkish vacation", ANN UTF8 "Subject: Otomatik yanıt\n\nYıllık izindeyim.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Greek vacation", ANN UTF8 "Subject: Αυτόματη απάντηση\n\nΕίμαι εκτός γραφείου.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Romanian vacation", ANN UTF8 "Subject: Răspuns automat\n\nSunt în concediu.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Japanese vacation", ANN UTF8 "Subject: 自動応答: こんにちは\n\n休暇中です。\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Chinese vacation, GB2312",
	    ANN
	    "Content-Type: text/plain; charset=gb2312\nSubject: =?gb2312?B?19S2r7vYuLQ=?=\n\n.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Korean vacation", ANN UTF8 "Subject: 부재중 알림\n\n휴가입니다.\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "a ticket",
	    "From: help@example.com\nIn-Reply-To: <m@s>\nAuto-Submitted: auto-replied\nSubject: "
	    "[Ticket "
	    "#4711] hi\n\nWe have received your message.\n",
	    KIND_AUTOREPLY, KIND_SUB_TICKET },
	{ "a ticket without a sign",
	    "From: help@example.com\nSubject: Re: hi [Case 4711]\n\nThank you for contacting us. "
	    "We will get "
	    "back to you.\n",
	    KIND_AUTOREPLY, KIND_SUB_TICKET },
	{ "a challenge of TMDA",
	    ANN
	    "X-Delivery-Agent: TMDA/1.1\nSubject: Please confirm your message\n\nReply to this.\n",
	    KIND_AUTOREPLY, KIND_SUB_CHALLENGE },
	{ "a challenge by words",
	    ANN "In-Reply-To: <m@s>\nSubject: Re: hi\n\nI protect my mailbox. Click here so that I "
		"know you "
		"are a real person, and to deliver your message.\n",
	    KIND_AUTOREPLY, KIND_SUB_CHALLENGE },
	{ "UOL",
	    ANN UTF8
	    "Subject: Re: oi\n\nAntiSpam UOL\nPara que sua mensagem seja encaminhada, confirme.\n",
	    KIND_AUTOREPLY, KIND_SUB_CHALLENGE },

	/* letters and the rest */
	{ "a person", ANN "Subject: Re: hi\nIn-Reply-To: <m@s>\n\nThank you, see you on Monday!\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "a person about a bounce",
	    ANN "Subject: Re: Undelivered Mail Returned to Sender\nIn-Reply-To: <m@s>\n\nThat "
		"address does "
		"not exist any more, use ann@example.com.\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "a person in Japanese, Shift_JIS",
	    ANN "Content-Type: text/plain; charset=shift_jis\nSubject: Re: "
		"hi\n\n\x82\xa0\x82\xe8\x82\xaa\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "asks out",
	    ANN "Subject: Re: news\nIn-Reply-To: <m@s>\n\nPlease take me off your list.\n\nOn "
		"Monday b wrote:\n> news\n",
	    KIND_OTHER, KIND_SUB_UNSUBSCRIBE },
	{ "asks out in German", ANN UTF8 "Subject: AW: Neues\n\nBitte austragen!\n", KIND_OTHER,
	    KIND_SUB_UNSUBSCRIBE },
	{ "asks out in French", ANN UTF8 "Subject: Re: x\n\nDésinscription svp\n", KIND_OTHER,
	    KIND_SUB_UNSUBSCRIBE },
	{ "the word in what is quoted",
	    ANN "Subject: Re: news\n\nGreat, thanks!\n\nOn Monday b wrote:\n> unsubscribe here\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "List-Unsubscribe", ANN "Subject: unsubscribe\n\n", KIND_COMPLAINT,
	    KIND_SUB_UNSUBSCRIBE },
	{ "a newsletter",
	    "From: news@example.com\nList-Unsubscribe: <mailto:u@example.com>\nSubject: "
	    "News\n\nBuy. To "
	    "unsubscribe click here.\n",
	    KIND_OTHER, KIND_SUB_MACHINE },
	{ "a read receipt",
	    ANN "Subject: Read: hi\n" MDN("manual-action/MDN-sent-manually; displayed"), KIND_OTHER,
	    KIND_SUB_RECEIPT },
	{ "deleted unread",
	    ANN "Subject: Not read: hi\n" MDN("automatic-action/MDN-sent-automatically; deleted"),
	    KIND_OTHER, KIND_SUB_RECEIPT },
	{ "held by a list",
	    "From: list-bounces@lists.example\nPrecedence: bulk\nSubject: Your message to announce "
	    "awaits "
	    "moderator approval\n\nIs being held until the list moderator can review it.\n",
	    KIND_OTHER, KIND_SUB_MACHINE },
	{ "DMARC",
	    "From: dmarc@example.com\nSubject: Report domain: sender.example Submitter: "
	    "example.com "
	    "Report-ID: 1\n\nattached\n",
	    KIND_OTHER, KIND_SUB_REPORT },
	{ "TLS",
	    "From: tls@example.com\nTLS-Report-Domain: sender.example\nContent-Type: "
	    "multipart/report; "
	    "report-type=tlsrpt; boundary=X\nSubject: x\n\n--X\n\nhi\n--X--\n",
	    KIND_OTHER, KIND_SUB_REPORT },
	{ "a command", ANN "Subject: \n\nsubscribe announce\n", KIND_OTHER, KIND_SUB_COMMAND },
	/* more programs, each in its own words */
	{ "Exchange is late",
	    "From: postmaster@mx.example\nSubject: Delivery delayed: hello\n\nDelivery is delayed "
	    "to these "
	    "recipients or groups:\n\njoe@example.org\n\nThis message hasn't been delivered yet. "
	    "Delivery "
	    "will continue to be attempted.\n",
	    KIND_DELAYED, 0 },
	{ "Gmail is late",
	    DAEMON "Subject: Delivery Status Notification (Delay)\n\nThere was a temporary problem "
		   "delivering "
		   "your message to joe@example.org. Gmail will retry for 47 more hours.\n",
	    KIND_DELAYED, 0 },
	{ "sendmail's receipt",
	    DAEMON
	    "Subject: Return receipt\n\n ----- The following addresses had successful delivery "
	    "notifications -----\n<joe@example.org>  (successfully delivered to mailbox)\n",
	    KIND_DELIVERED, 0 },
	{ "Exchange's receipt",
	    "Return-Path: <>\nFrom: postmaster@mx.example\nSubject: Delivered: hello\n\nYour "
	    "message has been "
	    "delivered to the following recipients:\n\njoe@example.org\n",
	    KIND_DELIVERED, 0 },
	{ "IronPort",
	    "From: \"Mail Delivery System\" <postmaster@mx.example>\nSubject: Delivery Status "
	    "Notification\n\nThe following message to <joe@example.org> was undeliverable.\nThe "
	    "reason for "
	    "the problem:\n5.1.0 - Unknown address error 550-'no'\n",
	    KIND_BOUNCE, 0 },
	{ "a moderator said no",
	    "From: announce-bounces@lists.example\nPrecedence: bulk\nList-Id: <announce>\nSubject: "
	    "Request to "
	    "mailing list announce rejected\n\nYour request to the announce mailing list\n\n    "
	    "Posting of "
	    "your message titled \"x\"\n\nhas been rejected by the list moderator.\n",
	    KIND_BOUNCE, 0 },
	{ "Gmail's responder",
	    ANN "X-Autoreply: yes\nPrecedence: bulk\nIn-Reply-To: <m@s>\nSubject: Thanks Re: "
		"hi\n\nlater\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "cPanel's responder", ANN "X-Autorespond: hi\nSubject: Gone\n\nlater\n", KIND_AUTOREPLY,
	    KIND_SUB_VACATION },
	{ "Notes", ANN "Subject: AUTO: Ann is out of the office (returning 5 May)\n\nI am out.\n",
	    KIND_AUTOREPLY, KIND_SUB_VACATION },
	{ "Earthlink",
	    ANN "Subject: Re: hi\nIn-Reply-To: <m@s>\n\nI apologize for this automatic reply to "
		"your email.\n\n"
		"To control spam, I now allow incoming messages only from senders I have approved "
		"beforehand.\n"
		"If you would like to be added to my list of approved senders, please fill out the "
		"short "
		"request form (see link below).\n",
	    KIND_AUTOREPLY, KIND_SUB_CHALLENGE },
	{ "Spam Arrest",
	    ANN "Subject: Re: hi (verification)\n\nAnn here. Please click the link below to "
		"complete the "
		"verification process.\nYou have to do this only once. Spam Arrest\n",
	    KIND_AUTOREPLY, KIND_SUB_CHALLENGE },
	{ "Zendesk",
	    "From: Shop <support@shop.example>\nAuto-Submitted: auto-generated\nSubject: [Request "
	    "received] "
	    "hi\n\n##- Please type your reply above this line -##\n\nYour request (4711) has been "
	    "received.\n",
	    KIND_AUTOREPLY, KIND_SUB_TICKET },
	{ "Freshdesk",
	    "From: support@shop.example\nSubject: Ticket Received - hi\n\nWe acknowledge that we "
	    "have received "
	    "your request and a ticket has been created.\n",
	    KIND_AUTOREPLY, KIND_SUB_TICKET },
	{ "a German desk",
	    UTF8 "From: service@shop.example\nAuto-Submitted: auto-replied\nSubject: Ihre Anfrage "
		 "[#4711]\n\nVielen Dank für Ihre Nachricht.\n",
	    KIND_AUTOREPLY, KIND_SUB_TICKET },
	{ "a shop's order",
	    "From: shop@shop.example\nAuto-Submitted: auto-generated\nSubject: Thank you for your "
	    "order\n\nIt will be sent tomorrow. Questions: ask@shop.example\n",
	    KIND_OTHER, KIND_SUB_MACHINE },
	{ "a shop is late",
	    "From: shop@shop.example\nSubject: Your order is delayed\n\nYour parcel has been "
	    "delayed. We are "
	    "sorry.\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "a person is late",
	    ANN "In-Reply-To: <m@s>\nSubject: Re: Sorry for the delay\n\nThe train is delayed, "
		"write to "
		"joe@example.org\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "a person back from leave",
	    ANN "In-Reply-To: <m@s>\nSubject: Re: hi\n\nSure.\n\nOn Monday b wrote:\n> are you on "
		"vacation?\n",
	    KIND_OTHER, KIND_SUB_HUMAN },
	{ "read, without a part", ANN "Subject: Read: hi\n\nYour message was read on Monday.\n",
	    KIND_OTHER, KIND_SUB_RECEIPT },
	{ "DMARC, by its file",
	    "From: dmarc@p.example\nSubject: Aggregate\nContent-Type: application/gzip; "
	    "name=\"p.example!sender.example!1700000000!1700086400.xml.gz\"\nContent-Transfer-"
	    "Encoding: "
	    "base64\n\nH4sI\n",
	    KIND_OTHER, KIND_SUB_REPORT },
	{ "one click", ANN "Subject: Unsubscribe\n\nThis is an automatic request to unsubscribe.\n",
	    KIND_COMPLAINT, KIND_SUB_UNSUBSCRIBE },
	{ "asks out in Japanese", ANN UTF8 "Subject: Re: news\n\n配信停止してください\n",
	    KIND_OTHER, KIND_SUB_UNSUBSCRIBE },
	{ "empty", "", KIND_OTHER, KIND_SUB_MACHINE },
};

static const struct {
	const char *name, *mail, *address, *type, *ip, *feedback_id;
	enum kind kind;
} complaints[] = {
	{ "RFC 5965",
	    "From: fbl@p.example\nContent-Type: multipart/report; report-type=feedback-report; "
	    "boundary=X\n\n--X\n\nAn abuse report.\n--X\nContent-Type: message/feedback-report\n\n"
	    "Feedback-Type: abuse\nOriginal-Rcpt-To: <joe@example.org>\nSource-IP: "
	    "192.0.2.1\n\n--X\n"
	    "Content-Type: message/rfc822\n\nFeedback-ID: 1:c:t:s\nTo: "
	    "joe@example.org\n\nhi\n--X--\n",
	    "joe@example.org", "abuse", "192.0.2.1", "1:c:t:s", KIND_COMPLAINT },
	{ "masked",
	    "From: fbl@p.example\nContent-Type: multipart/report; boundary=X\n\n--X\nContent-Type: "
	    "message/feedback-report\n\nFeedback-Type: fraud\nOriginal-Rcpt-To: "
	    "redacted@p.example\n\n"
	    "--X\nContent-Type: message/rfc822\n\nTo: xxxxx@p.example\n\nhi\n--X--\n",
	    NULL, "fraud", "", "", KIND_COMPLAINT },
	{ "JMRP",
	    "From: staff@hotmail.com\nSubject: complaint about message from "
	    "192.0.2.1\nContent-Type: "
	    "multipart/mixed; boundary=X\n\n--X\nContent-Type: message/rfc822\n\n"
	    "X-HmXmrOriginalRecipient: joe@example.org\nTo: list@sender.example\n\nhi\n--X--\n",
	    "joe@example.org", "abuse", "", "", KIND_COMPLAINT },
	{ "the report as text/plain",
	    "From: fbl@p.example\nContent-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: "
	    "text/plain\n\nFeedback-Type: opt-out\nRemoval-Recipient: joe@example.org\n\n--X--\n",
	    "joe@example.org", "opt-out", "", "", KIND_COMPLAINT },
	{ "no report, an original",
	    "From: abuse@p.example\nSubject: Spam complaint\nContent-Type: multipart/mixed; "
	    "boundary=X\n\n--X\n\nOur user marked this message as spam.\n--X\nContent-Type: "
	    "message/rfc822\n\nTo: joe@example.org\n\nhi\n--X--\n",
	    "joe@example.org", "abuse", "", "", KIND_COMPLAINT },
	{ "broken multipart",
	    "From: fbl@p.example\nContent-Type: multipart/report; boundary=Y\n\n--X\nContent-Type: "
	    "message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: joe@example.org\n\n"
	    "--X--\n",
	    "joe@example.org", "abuse", "", "", KIND_COMPLAINT },
	{ "SpamCop",
	    "From: 1@reports.spamcop.net\nX-SpamCop-sourceip: 192.0.2.1\nSubject: [SpamCop "
	    "(192.0.2.1) "
	    "id:1]hi\n\n[ SpamCop ]\n[ Offending message ]\nReceived: from x\nTo: "
	    "joe@example.org\n\nhi\n",
	    "joe@example.org", "abuse", "192.0.2.1", "", KIND_COMPLAINT },
	{ "auth-failure",
	    "From: r@p.example\nContent-Type: multipart/report; boundary=X\n\n--X\nContent-Type: "
	    "message/feedback-report\n\nFeedback-Type: auth-failure\n\n--X--\n",
	    NULL, "auth-failure", "", "", KIND_OTHER },
};

START_TEST(kinds)
{
	struct arena *a = arena_new(0);
	struct came_back c;

	bounce_parse(&c, span_str(cases[_i].mail), a);
	ck_assert_msg(c.kind == cases[_i].kind && c.sub == cases[_i].sub, "%s: %s %s",
	    cases[_i].name, kind_word(c.kind), kind_sub_word(c.sub));
	arena_free(a);
}
END_TEST

START_TEST(complaint)
{
	struct arena *a = arena_new(0);
	struct came_back c;

	bounce_parse(&c, span_str(complaints[_i].mail), a);
	ck_assert_msg(
	    c.kind == complaints[_i].kind, "%s: %s", complaints[_i].name, kind_word(c.kind));
	ck_assert_msg(span_is(c.feedback_type, complaints[_i].type), "%s: type %.*s",
	    complaints[_i].name, SPAN(c.feedback_type));
	ck_assert_msg(span_is(c.source_ip, complaints[_i].ip), "%s: ip %.*s", complaints[_i].name,
	    SPAN(c.source_ip));
	ck_assert_msg(span_is(c.feedback_id, complaints[_i].feedback_id), "%s: id %.*s",
	    complaints[_i].name, SPAN(c.feedback_id));
	ck_assert_msg((c.recipients != NULL) == (complaints[_i].address != NULL), "%s: recipients",
	    complaints[_i].name);
	if (c.recipients != NULL)
		ck_assert_msg(span_is(c.recipients->address, complaints[_i].address), "%s: %.*s",
		    complaints[_i].name, SPAN(c.recipients->address));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("kind");
	TCase *t = tcase_create("kind");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, kinds, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(t, complaint, 0, (int)(sizeof(complaints) / sizeof(complaints[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
