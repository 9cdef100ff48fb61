#include "failure_words.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One line a language or a writer; kept to what cannot be said of mail that did arrive. */
static const char *const tells[] = {
	"not be delivered", "not delivered", "couldn't be delivered", "can't be delivered",
	"cannot be delivered", "n't delivered", "not be reached", "not reach the following",
	"did not reach", "delivery has failed", "delivery failed", "unable to deliver",
	"unable to be delivered", "failed to deliver", "failure delivering", "undeliverable",
	"undelivered", "non-delivered", "not deliver", "wasn't able to deliver",
	"could not deliver", "couldn't deliver", "cannot deliver", "failed permanently",
	"failing address", "following address", "following recipient", "following e-mail",
	"failed recipient", "failed address", "address(es) failed", "failure reason",
	"fatal error", "delivery error", "delivery problem", "had error", "rejected by",
	"did not receive", "recipients were affected", "affected recipient", "error delivering",
	"while attempting to deliver", "trying to deliver", "mailbox is full", "bounced",
	"user unknown", "unknown user", "no such user", "invalid recipient", "unknown recipient",
	"not yet been delivered", "not been delivered", "postponed", "delivery to the following",
	"automatically rejected", "been rejected", "was rejected", "was blocked",
	/* German */
	"nicht zugestellt", "nicht zustell", "nicht erreicht werden", "nicht ausgeliefert",
	"zustellung fehl", "unzustellbar", "nachrichtenzustellung", "folgende empf", "folgenden empf",
	"folgende adresse", "konnte nicht gesendet", "zustellung an ",
	/* French */
	"échec de la remise", "pas pu être remis", "pas été remis", "pas pu être distribu",
	"pas pu être délivré", "pas pu etre delivre", "pas pu être livré", "pas été distribu",
	"impossible de remettre", "impossible de délivrer", "adresses suivantes", "adresse suivante",
	"destinataires suivants", "destinataire suivant", "non remis", "n'a pas pu",
	/* Spanish */
	"no se pudo entregar", "no se ha podido entregar", "no ha podido ser entregado",
	"no pudo ser entregado", "no se puede entregar", "no fue entregado", "no se entreg",
	"error de entrega", "error en la entrega", "error al entregar", "no ha sido entregado",
	"siguientes destinatarios", "siguiente destinatario", "siguientes direcciones",
	"direcciones siguientes", "no se ha entregado",
	/* Portuguese */
	"falha na entrega", "não pôde ser entregue", "não pode ser entregue", "nao pode ser entregue",
	"não foi entregue", "nao foi entregue", "não foi possível entregar", "não entregue",
	"seguintes destinatários", "seguintes endereços", "falha ao entregar", "nao pode ser enviada",
	/* Italian */
	"impossibile recapitare", "impossibile consegnare", "non recapitabile", "stato recapitato",
	"possibile recapitare", "stato consegnato", "può essere consegnat", "possibile consegnare",
	"mancata consegna", "mancato recapito", "recapito non riuscito", "seguenti destinatari",
	"destinatari seguenti", "recapito del messaggio",
	/* Dutch */
	"niet worden bezorgd", "niet bezorgd", "niet worden afgeleverd", "niet afgeleverd",
	"onbestelbaar", "volgende geadresseerden", "volgende ontvangers", "volgende adres",
	"bezorging is mislukt", "niet worden bereikt",
	/* Swedish, Danish, Norwegian, Finnish */
	"inte levereras", "inte levererats", "leveransen misslyckades", "följande mottagare",
	"leverans till", "går inte att leverera", "ikke leveres", "ikke leveret", "ikke levert",
	"følgende modtagere", "følgende mottakere", "kunne ikke afleveres", "leveringen mislykkedes",
	"ei voitu toimittaa", "ei voi toimittaa", "toimitus epäonnistui", "toimitus ei onnistunut",
	"seuraaville vastaanottajille",
	/* Polish, Czech, Slovak, Hungarian, Romanian, Turkish, Greek */
	"nie można dostarczyć", "nie została dostarczona", "nie zostala dostarczona",
	"nie mogła zostać dostarczona", "nie udało się dostarczyć", "nie powiodło się",
	"następujących adresatów", "następujących odbiorców", "nastepujacych", "niedostarczon",
	"nelze doručit", "nebylo možné doručit", "nebyla doručena", "nepodařilo se doručit",
	"následujícím příjemcům", "nebolo možné doručiť", "nedoručiteľ", "nedoručiteln",
	"nem kézbesíthet", "nem sikerült kézbesíteni", "következő címzett", "nu a putut fi livrat",
	"nu s-a putut livra", "teslim edilemedi", "iletilemedi", "aşağıdaki alıcı", "παράδοση",
	"παραδοθεί",
	/* Russian, Ukrainian */
	"удалось доставить", "может быть доставлено", "было доставлено", "не доставлено",
	"смогли доставить", "шибка доставки", "доставка невозможна", "едоставленн", "ледующим получател",
	"ледующему получател", "ледующим адрес", "ледующему адрес", "ледующие адреса",
	"доставлено не", "невозможно доставить", "вдалося доставити",
	/* Japanese */
	"配信できません", "配信することができません", "配送できません", "配送することができません",
	"配達できません", "送信できません", "送信することができません", "届けることができません",
	"お届けできません", "届きません", "配信不能", "配信不可", "配信に失敗", "送信に失敗", "不達",
	"次の受信者", "以下の受信者", "以下の宛先", "次の宛先", "以下のアドレス", "宛先不明", "配信エラー",
	"存在しません", "見つかりません", "宛先",
	/* Chinese */
	"无法投递", "投递失败", "未能送达", "无法送达", "无法传递", "传递失败", "传送失败", "发送失败",
	"退信", "以下收件人", "下列地址", "以下地址", "無法傳遞", "無法投遞", "傳遞失敗", "以下收件者",
	"下列收件者", "投遞失敗", "被退回", "未送达",
	/* Korean */
	"배달할 수 없", "전달할 수 없", "배달되지", "전달되지", "전송 실패", "발송 실패", "배달하지 못",
	"전송하지 못", "다음 받는 사람", "다음 수신자", "반송",
	/* Vietnamese, Thai, Hebrew, Arabic */
	"không thể gửi", "không gửi được", "ไม่สามารถส่ง", "לא ניתן למסור", "تعذر تسليم",
	"فشل التسليم",
};

static const char *const hints[] = {
	"deliver", "recipient", "to <", " to ", "user ", "mailbox", "unknown", "account", "rejected",
	"reach", "550 ", "554 ", "552 ", "553 ", "551 ", "511 ", "rcpt to", "addressed", "failed",
	"exist", "address", "quota", "sent to", " an ", "5.1.1", "inbox", "envoy", "entreg",
	"zugestellt", "empfänger", "destinat", "recapit", "consegn", "geadresseerde", "ontvanger",
	"mottagare", "modtager", "vastaanottaja", "odbiorc", "adresat", "příjem", "доставлен",
	"получател", "ящик", "адрес", "受信", "宛先", "アドレス", "メール", "收件", "邮箱", "邮件",
	"郵件", "信箱", "메일", "수신", "받는",
};

void
failure_words_init(struct failure_words *w)
{
	phrases_init(&w->tells, tells, COUNT(tells));
	phrases_init(&w->hints, hints, COUNT(hints));
}

bool
failure_told(const struct failure_words *w, struct span line)
{
	return phrases_find(&w->tells, line) >= 0;
}

bool
failure_hinted(const struct failure_words *w, struct span line)
{
	return phrases_find(&w->hints, line) >= 0;
}
