#include "phrases.h"

/* One line a language (en de fr es it pt nl sv da no fi pl cs hu ru tr el ro ja zh ko) where programs speak it. Words are
 * cut where a language bends them. What stands in a subject alone would mean too much in a text. */
const struct phrase_line phrase_lines[] = {
	/* It was not delivered. */
	{ SAYS_FAILED, IN_SUBJECT,
	    "failure notice|returned mail|returned to sender|returning to sender|return to sender|"
	    "delivery fail|delivery has failed|delivery error|delivery problem|delivery report|"
	    "delivery status|delivery notification|delivery attempt|delivery warning|delivery "
	    "unsuccessful|delivery was not|delivery of your|failure delivery|message delivery|mail "
	    "delivery|email delivery|e-mail delivery|message status|failed mail|failed message|"
	    "mail failure|mail failed|message failed|send failed|failed to deliver|failed to "
	    "send|bounce|rejected|message notification|mail could not|error sending|error "
	    "delivering|problem delivering|mail error|mail system error|mailer error|permanent "
	    "error|user unknown|unknown user|unknown recipient|unknown address|no such user|"
	    "invalid recipient|invalid address|loop alert|mail loop|mail status report|"
	    "nondelivery|warning: message|blocked|quarantine|message refused|not accepted|your "
	    "message wasn't|your message was not|your message to|problem with your|mail "
	    "undelivery|mail not sent|ndn:|ndr:|mail refused|mail was refused|message was refused|"
	    "virus found|virus detected|virus in your|virus in mail|malware detected|malware "
	    "found|policy violation|content violation" },
	{ SAYS_FAILED, IN_BOTH,
	    "undeliver|non-deliver|nondeliver|not delivered|not be delivered|not deliverable|"
	    "unable to deliver|could not deliver|cannot deliver|can't deliver|couldn't be "
	    "delivered|can't be delivered|wasn't delivered|not been delivered|unable to send|not "
	    "a member|are not member|not allowed to post|not allowed to send|not authorized to "
	    "send|not authorized to post|message rejected|mail rejected|rejected "
	    "mail|automatically "
	    "rejected|is rejected|too big|too large|size limit|over the limit|exceeds the "
	    "limit|over quota|mailbox full|mailbox is full" },
	{ SAYS_FAILED, IN_TEXT,
	    "failed permanently|permanent error|permanent failure|permanent fatal error|user "
	    "unknown|unknown user|did not reach|delivery failed|delivery failure|delivery "
	    "error|failed delivery|has been rejected|was rejected|were rejected|been refused|was "
	    "refused|rejected by|returned to you|returned to sender|being returned|has been "
	    "returned|no such user|no such recipient|no such address|no such mailbox|been unable "
	    "to deliver|had permanent|trying to deliver|recipient(s) could not be reached|not able "
	    "to deliver|wasn't able to deliver|failed to deliver|failed to send|were not "
	    "delivered|giving up|given up|unknown local|unknown recipient|unknown host|host "
	    "unknown|domain not found|does not exist|doesn't exist|quota exceeded|exceeded "
	    "quota|exceeded the quota|out of disk quota|mail delivery failed|was an error "
	    "delivering|error while delivering|unable to relay|relaying denied|relay access "
	    "denied|problem delivering|problems delivering|had "
	    "trouble|bouncedrecipients|address(es) failed|invalid recipient|invalid user|invalid "
	    "address|invalid mailbox|user not found|recipient not found|mailbox not found|address "
	    "not found|account not found|no longer valid|failed addresses|no valid "
	    "recipients|following addresses had permanent|following addresses had delivery "
	    "errors|following addresses had delivery problems|recipients returned permanent|was "
	    "not accepted|not accepted|no mailbox|user doesn't|error message below|duplicated "
	    "message-id|not a valid|not deliver|has failed|couldn't deliver|mailbox "
	    "unavailable|mailbox disabled|mailbox inactive|account disabled|account is "
	    "disabled|account has been disabled|address rejected|recipient rejected|sender "
	    "rejected|not listed in|no account|isn't listed|is not listed|could not be found|could "
	    "not be sent|couldn't be sent|was not sent|cannot be sent|unroutable|unrouteable|could "
	    "not be routed|mail loop|too many hops|too large|exceeds the maximum|exceeds the "
	    "size|message size exceeds|service unavailable|blocked by|has been blocked|was "
	    "blocked|identified as spam|considered spam|considered to be spam|contains a "
	    "virus|infected with|a virus|not permitted|not authorized|access "
	    "denied|unresolvable|transcript of session|bounce "
	    "message|non-existent|nonexistent|address unknown|wrong address|not accepting mail|not "
	    "accepting message|cannot accept" },
	{ SAYS_FAILED, IN_BOTH,
	    "unzustellbar|nicht zugestellt|nicht zustell|zustellung fehlgeschlagen|zustellung ist "
	    "fehlgeschlagen|zustellungsfehler|zustellfehler|fehler bei der zustellung|"
	    "fehlgeschlagen|unbekannter empfanger|empfanger unbekannt|empfanger existiert "
	    "nicht|existiert nicht|postfach ist voll|postfach voll|zuruckgewiesen|konnte nicht "
	    "ausgeliefert|nicht ausgeliefert|ablehnung ihrer" },
	{ SAYS_FAILED, IN_BOTH,
	    "non remis|non-remis|non distribu|non delivr|echec de remise|echec de la remise|echec "
	    "de distribution|echec de la distribution|echec de livraison|echec d'envoi|n'a pas "
	    "pu|n'ont pas pu|pas ete remis|pas ete delivr|pas ete distribu|impossible de "
	    "remettre|impossible de delivr|utilisateur inconnu|destinataire inconnu|adresse "
	    "inconnue|n'existe pas|a ete rejete|a ete refuse|boite aux lettres pleine|retour de "
	    "courrier|message retourne" },
	{ SAYS_FAILED, IN_BOTH,
	    "no se puede entregar|no se pudo entregar|no se ha podido entregar|no ha podido ser "
	    "entregad|no pudo ser entregad|no fue entregad|no entregad|no entregable|error de "
	    "entrega|fallo en la entrega|fallo de entrega|error en la entrega|error al entregar|"
	    "correo devuelto|mensaje devuelto|ha sido devuelto|usuario desconocido|destinatario "
	    "desconocido|direccion desconocida|no existe|ha sido rechazad|fue rechazad|buzon "
	    "lleno|imposible entregar|no se ha entregado" },
	{ SAYS_FAILED, IN_BOTH,
	    "non recapit|mancato recapito|mancata consegna|consegna fallita|impossibile "
	    "recapitare|impossibile consegnare|non consegnat|errore di consegna|non ha potuto|non "
	    "e stato possibile|non e stato consegnat|non e stato recapitat|utente sconosciuto|"
	    "destinatario sconosciuto|non esiste|e stato rifiutat|e stato respint|casella piena" },
	{ SAYS_FAILED, IN_BOTH,
	    "nao entregue|nao foi entregue|nao pode ser entregue|nao foi possivel entregar|nao "
	    "pudo|nao pode entregar|falha na entrega|falha de entrega|falha ao entregar|erro de "
	    "entrega|erro na entrega|mensagem devolvida|foi devolvida|usuario desconhecido|"
	    "destinatario desconhecido|nao existe|foi rejeitad|caixa postal cheia|caixa de correio "
	    "cheia" },
	{ SAYS_FAILED, IN_BOTH,
	    "onbestelbaar|niet bezorgd|niet worden bezorgd|niet afgeleverd|niet worden afgeleverd|"
	    "kan niet worden afgeleverd|bezorging mislukt|aflevering mislukt|onbekende gebruiker|"
	    "bestaat niet|is geweigerd" },
	{ SAYS_FAILED, IN_BOTH,
	    "inte levereras|inte levererat|inte levererades|olevererbar|misslyckad leverans|inte "
	    "leverera|kunne ikke leveres|ikke leveret|ikke levert|ikke blitt levert|ikke leveres|"
	    "ikke afleveres|kunne ikke afleveres|mislykket levering|mislykkedes|leveringsfeil|"
	    "leveringsfejl|finns inte|findes ikke|finnes ikke|okand anvandare|ukendt bruger|ukjent "
	    "bruker|ei voitu toimittaa|toimitus epaonnistui|toimittaminen epaonnistui|ei "
	    "toimitettu|toimittamaton" },
	{ SAYS_FAILED, IN_BOTH,
	    "nie dostarczon|nie mozna dostarczyc|niedostarczon|nie zostal dostarczon|nie zostala "
	    "dostarczon|nie udalo sie dostarczyc|nie moze zostac dostarczon|zwrot poczty|"
	    "nedorucen|nedorucitel|nelze dorucit|nepodarilo se dorucit|nebylo mozne dorucit|"
	    "nebyla dorucena|kezbesithetetlen|nem kezbesithet|kezbesites sikertelen|sikertelen "
	    "kezbesites|nem sikerult kezbesiteni|nelivrat|nu a putut fi livrat|nu a fost livrat|"
	    "nu s-a putut livra|livrarea a esuat|teslim edilemedi|teslim edilemeyen|teslim "
	    "edilemez|iletilemedi|iletilemeyen|teslimat basarisiz" },
	{ SAYS_FAILED, IN_BOTH,
	    "не доставлен|недоставлен|не удалось доставить|не может быть доставлен|невозможно "
	    "доставить|ошибка доставки|отказ в доставке|не был доставлен|не было доставлено|"
	    "возвращено отправителю|не существует|не найден|ящик переполнен|не доставлено|"
	    "δεν παραδοθηκε|δεν ηταν δυνατη η παραδοση|αποτυχια παραδοσης|μη παραδο|αδυναμια "
	    "παραδοσης" },
	{ SAYS_FAILED, IN_BOTH,
	    "配信不能|配信できま|配信に失敗|配信エラー|配送不能|配送できま|配達不能|配達できま|"
	    "送信できま|送信に失敗|送信エラー|送信不能|届けることができま|お届けできま|届きません|"
	    "送れません|未配信|宛先不明|存在しません|見つかりません|受信を拒否|エラーメール|"
	    "到達できま|容量を超え" },
	{ SAYS_FAILED, IN_BOTH,
	    "退信|退回|被退|无法投递|無法投遞|投递失败|投遞失敗|无法送达|無法送達|未能送达|"
	    "无法传递|無法傳遞|无法传送|無法傳送|传送失败|傳送失敗|发送失败|發送失敗|递送失败|"
	    "遞送失敗|未传递|未傳遞|未送达|不存在|被拒绝|被拒絕|邮箱已满|반송|배달되지|배달할 수|"
	    "전달되지|전달할 수|전송 실패|전송하지 못|발송 실패|전송에 실패|수신할 수 없" },

	/* For good: what warns of it says so, too, but no report that is only late does. */
	{ SAYS_FINAL, IN_TEXT,
	    "failed permanently|permanent fatal error|permanent error|given up|giving up|could "
	    "not be delivered for|is being returned to you|been returned to you|is returned to "
	    "you|was returned to you|are returned to you|permanent failure|has been returned|will "
	    "not "
	    "be retried|not be attempted|no further attempt|no further delivery attempt|no more "
	    "attempts|no additional attempts|will no longer|delivery has "
	    "failed|endgultig|definitivamente|"
	    "definitivement" },

	{ SAYS_FINAL, IN_SUBJECT, "returned mail|returned to sender|undeliver|failure notice" },

	/* It is late. */
	{ SAYS_DELAYED, IN_SUBJECT,
	    "warning: could not send|could not send mail for|for past |not sent for the "
	    "past|warning--could not send|warning: message|delay|could not send "
	    "message for past|still being|still not|not yet|delivery "
	    "warning|deferred|temporar|verzoger|verzoeger|noch nicht|retarde|en retard|retard "
	    "de|differee|envoi differe|message "
	    "differe|retrasad|retraso|demora|atrasad|atraso|ritardo|ritardat|vertraag|forsenad|"
	    "forsening|fordroj|forsink|viivas|opoznion|opoznien|zpozd|opozd|kesleltet|kesik|"
	    "gecikti|gecikme|geciken|intarzi|задерж|отложен|отсрочен|еще "
	    "не|καθυστερ|遅延|遅れて|配信待ち|延迟|延遲|延时|尚未|지연" },
	{ SAYS_DELAYED, IN_TEXT,
	    "has not yet been delivered|not yet been delivered|not been delivered yet|not yet "
	    "delivered|could not yet be delivered|still undelivered|still not been delivered|has "
	    "been delayed|is delayed|been delayed|delivery delayed|message delayed|delayed "
	    "message|a message is delayed|will be retried|still being retried|be retried for|"
	    "being retried|will keep trying|keep trying|keeps trying|continue trying|continue to "
	    "try|will try again|be tried again|will retry|continue to retry|retrying|keep "
	    "retrying|still trying|still attempting|further attempts will|attempts to deliver the "
	    "message will continue|attempts will continue|attempts will be made|will continue to "
	    "be made|warning message only|warning only|just a warning|only a warning|advisory-only|"
	    "advisory only|temporarily unable to deliver|temporary problem|do not need to "
	    "resend|don't need to resend|no need to resend|not necessary to resend|need not "
	    "resend|no action is required on your part|no action is required by you|has been "
	    "postponed|has been deferred|been temporarily deferred|remains in the queue|still in "
	    "the queue|in the mail queue for|still queued|been queued for|waiting to be "
	    "delivered|delivery is delayed|not be delivered within|if the message cannot be "
	    "delivered within" },
	{ SAYS_DELAYED, IN_TEXT,
	    "noch nicht zugestellt|noch nicht ausgeliefert|wird weiterhin versucht|weiterhin "
	    "versuchen|weitere zustellversuche|erneut versuch|verzogert|verzoegert|pas encore ete "
	    "remis|pas encore ete|pas encore pu|continuera d'essayer|nouvelles tentatives|nouvelle "
	    "tentative|a ete retarde|remise retardee|remise differee|aun no se ha|todavia no se "
	    "ha|seguira intentando|se seguira|volvera a intentar|se ha retrasado|entrega "
	    "retrasada|non e stato ancora|non e ancora stato|continuera a tentare|riprovera|"
	    "consegna ritardata|ainda nao foi|continuara tentando|continuara a tentar|novas "
	    "tentativas|entrega atrasada|nog niet bezorgd|nog niet afgeleverd|blijft proberen|"
	    "opnieuw geprobeerd|annu inte levere|fortsatter att forsoka|endnu ikke|forsoges igen|"
	    "enna ikke|fortsetter a prove|ei ole viela|yritetaan uudelleen|nie zostala jeszcze|"
	    "jeszcze nie zosta|ponawiane|dosud nebyl|zatim nebyl|meg nem sikerult|henuz teslim|"
	    "tekrar denenecek|nu a fost inca|еще не доставлен|еще не было|попытки доставки "
	    "будут|повторные попытки|будет повтор|δεν εχει παραδοθει ακομα|再送を試み|再試行|"
	    "再送信を|まだ配信|まだ配送|遅延して|遅れて|将继续尝试|將繼續嘗試|继续尝试|繼續嘗試|"
	    "尚未|다시 시도" },

	{ SAYS_WARNING, IN_SUBJECT,
	    "warning|warnung|avertissement|advertencia|aviso|avviso|waarschuwing|предупреждение|"
	    "警告" },

	/* It arrived. */
	{ SAYS_DONE, IN_BOTH,
	    "successful mail delivery report|delivery status notification (success)|delivery "
	    "status notification(success)|(relay)|return receipt|successfully delivered|delivered "
	    "successfully|was delivered to|has been delivered to|successfully relayed|was "
	    "relayed to|delivery confirmation|delivery receipt|your message has been "
	    "successfully|erfolgreich zugestellt|wurde zugestellt|a bien ete remis|entregado "
	    "correctamente|consegnato correttamente|entregue com sucesso|delivered:|zugestellt:|"
	    "relayed:|relais :|zugestellt an|remis :|entregado:|consegnato:|entregue:" },

	/* Nobody is there. */
	{ SAYS_AWAY, IN_BOTH,
	    "out of office|out of the office|out-of-office|on vacation|on holiday|annual leave|"
	    "i am on leave|currently on leave|maternity leave|paternity leave|parental leave|sick "
	    "leave|medical leave|sabbatical|away from my desk|away from the office|away from my "
	    "mail|away from my e-mail|away from my email|i am away|i'm away|will be away|am "
	    "currently away|currently out of|i am currently out|i will be out|i'll be out|ooto|"
	    "limited access to e-mail|limited access to email|limited access to my e|no access to "
	    "e-mail|no access to email|back in the office|return to the office|returning to the "
	    "office|vacation message|vacation reply|not in the office|while i am away|while i'm "
	    "away" },
	{ SAYS_AWAY, IN_SUBJECT,
	    "away:|away from my|away notice|vacation:|vacation notice|vacation auto|vacation "
	    "repl|on leave|absence:|absence |holiday notice|ooo:|ooo " },
	{ SAYS_AWAY, IN_BOTH,
	    "abwesenheit|abwesend|nicht im buro|nicht im buero|nicht im hause|ausser haus|im "
	    "urlaub|in urlaub|im jahresurlaub|elternzeit|mutterschutz|bin ich wieder|wieder "
	    "erreichbar|wieder im buro|wieder im buero|nicht erreichbar|absent du bureau|absence "
	    "du bureau|je suis absent|je serai absent|actuellement absent|en conge|en vacances|"
	    "message d'absence|hors du bureau|de retour le|conge maternite|conge parental" },
	{ SAYS_AWAY, IN_BOTH,
	    "fuera de la oficina|fuera de oficina|fuera del despacho|de vacaciones|estoy ausente|"
	    "estare ausente|me encuentro ausente|estare fuera|fuori ufficio|fuori sede|in ferie|"
	    "sono assente|saro assente|assenza dall'ufficio|assente dal|fora do escritorio|fora da "
	    "empresa|de ferias|em ferias|estou ausente|estarei ausente|estarei fora|ausencia "
	    "temporaria|licenca maternidade" },
	{ SAYS_AWAY, IN_BOTH,
	    "afwezig|niet aanwezig|op vakantie|met vakantie|met verlof|niet op kantoor|weer "
	    "bereikbaar|franvaro|franvarande|pa semester|inte pa kontoret|ar ledig|tjanstledig|"
	    "foraldraledig|fravaer|pa ferie|holder ferie|har ferie|ikke pa kontoret|ikke til "
	    "stede|pa barsel|poissa toimistolta|poissaolo|lomalla|olen poissa" },
	{ SAYS_AWAY, IN_BOTH,
	    "nieobecn|poza biurem|na urlopie|jestem na urlop|urlopie|mimo kancelar|na dovolen|"
	    "nepritomn|nejsem v kancelar|hazon kivul|irodan kivul|szabadsagon|szabadsagom|tavol "
	    "vagyok|ofis disinda|ofiste degil|yillik izin|izindeyim|izinde|tatilde|in concediu|nu "
	    "sunt in birou|absent din birou|plecat din birou|в отпуске|вне офиса|в командировке|"
	    "меня нет в офисе|отсутствую|нахожусь в отпуск|не на месте|εκτος γραφειου|σε αδεια|"
	    "απουσιαζω|σε διακοπες" },
	{ SAYS_AWAY, IN_BOTH,
	    "不在|休暇|休業|夏季休|年末年始|外出中|出張中|お休みを|お休みをいただ|休みを頂|育児休|"
	    "不在办公室|休假|度假|出差|外出|假期|不在辦公室|产假|年假|부재중|휴가|출장|자리를 비" },

	/* A program answers. */
	{ SAYS_AUTOMATIC, IN_BOTH,
	    "automatic reply|automatic response|automatic answer|automated reply|automated "
	    "response|automated answer|automatically generated reply|automatically generated "
	    "response|auto-reply|auto reply|autoreply|auto-response|auto response|autoresponse|"
	    "autoresponder|auto-responder|auto responder|autoanswer|auto-antwort|automatische "
	    "antwort|automatische ruckantwort|automatisch antwoord|automatisch erzeugte antwort|"
	    "reponse automatique|respuesta automatica|contestacion automatica|respuesta "
	    "automatizada|resposta automatica|risposta automatica|automatiskt svar|autosvar|"
	    "automatisk svar|automaattinen vastaus|automaattivastaus|automatyczna odp|odpowiedz "
	    "automat|autoodpowied|automaticka odp|automaticka odpoved|automatikus valasz|otomatik "
	    "yanit|otomatik cevap|raspuns automat|automatiska atbilde|automatinis atsakymas|"
	    "avtomaticky|автоответ|автоматический ответ|автоматическое сообщение|"
	    "автоматична відповідь|αυτοματη απαντηση|自動返信|自動応答|自動回答|自動配信メール|"
	    "自动回复|自动答复|自动应答|自動回覆|自動回復|자동 회신|자동회신|자동 응답|자동응답|"
	    "자동 답장" },
	{ SAYS_AUTOMATIC, IN_SUBJECT, "auto:|automatisch|automatique|autom.|autoresp|auto-resp" },

	/* Your mail has a number now. */
	{ SAYS_TICKET, IN_SUBJECT,
	    "ticket #|[ticket|ticket id|ticket no|ticket number|ticket received|ticket "
	    "created|ticket opened|case #|[case|case number|request received|[request|request #|we "
	    "received your|we have received your|we've received your|your request|your "
	    "inquiry|your enquiry|support request|thank you for contacting|thank you for your "
	    "mail|thank you for your e|thank you for your message|thank you for your inquiry|thank "
	    "you for your request|thank you for your question|thank you for your feedback|thanks "
	    "for contacting|thank you for writing|acknowledg|confirmation of receipt|receipt of "
	    "your|eingangsbestatigung|empfangsbestatigung|ihre anfrage|ihre nachricht|accuse de "
	    "reception|votre demande|acuse de recibo|su solicitud|su consulta|conferma di "
	    "ricezione|la tua richiesta|confirmacao de recebimento|sua "
	    "solicitacao|ontvangstbevestiging|uw bericht|potwierdzenie otrzymania|ваше "
	    "обращение|ваш запрос|ваша "
	    "заявка|お問い合わせありがとう|お問い合わせを|受付完了|受付のお知らせ" },
	{ SAYS_TICKET, IN_TEXT,
	    "type your reply above this line|reply above this line|ticket has been created|ticket "
	    "has been opened|ticket has been assigned|ticket number|ticket id|case number|has been "
	    "assigned|your request has been received|request (#|we have received your|we've "
	    "received your|have received your message|received your email|received your e-mail|"
	    "received your message|received your request|received your inquiry|thank you for "
	    "contacting|thanks for contacting|thank you for your email|thank you for your e-mail|"
	    "thank you for your message|thank you for your inquiry|will get back to you|get back "
	    "to "
	    "you as soon|respond to you as soon|reply to you as soon|respond as soon as|will be "
	    "answered|not monitored|unmonitored|unattended mailbox|do not reply to this|wir haben "
	    "ihre|haben ihre nachricht erhalten|ihre anfrage ist|vielen dank fur ihre|nous avons "
	    "bien recu|nous accusons reception|hemos recibido su|hemos recibido tu|abbiamo "
	    "ricevuto "
	    "la|recebemos sua|recebemos seu|recebemos o seu|recebemos a sua|hebben uw|bedankt voor "
	    "uw|otrzymalismy|dziekujemy za wiadomosc|ваше письмо получено|получили ваше|"
	    "お問い合わせいただき|お問合せいただき|受け付けいたしました|受け付けました|已收到您的|"
	    "我们已收到|접수되었습니다" },

	/* Are you a person? */
	{ SAYS_CHALLENGE, IN_BOTH,
	    "spam arrest|spamarrest|boxbe|bluebottle|mailblocks|knowspam|sendio|spamblocker|"
	    "antispam uol|anti-spam uol|antispam.uol|tmda|challenge/response|challenge-response|"
	    "sender verification|verify your email|verify that you|verify you are|verify your "
	    "identity|confirm you are|confirm that you|confirm your e|confirm your message|confirm "
	    "your identity|confirm this message|please confirm|confirmation required|confirm "
	    "delivery of your|message awaiting|awaiting your confirmation|awaiting your "
	    "verification|approved sender|approved senders list|allowed list|allowed senders|"
	    "authorized sender|whitelist request|add you to my|add yourself to|prove you are|prove "
	    "that you|you are a human|you are human|you are a real person|not a spammer|not an "
	    "automated|to deliver your message|for your message to be delivered|for your e-mail "
	    "to be delivered|for your email to be delivered|has been placed on hold|held until "
	    "you|to complete delivery|release your message|one-time verification|one time "
	    "verification|confirmar o envio|confirmacao de envio|confirme o envio|para que sua "
	    "mensagem|confirmar su mensaje|confirme su mensaje|confirmez votre message|"
	    "bestatigen sie ihre nachricht|bestatigen sie bitte den versand|confermare l'invio|"
	    "подтвердите отправку" },

	/* Let me out. */
	{ SAYS_UNSUBSCRIBE, IN_BOTH,
	    "unsubscribe|un-subscribe|unsub |opt out|opt-out|optout|remove me|take me off|remove "
	    "my "
	    "e|remove my address|remove this address|remove from list|remove from your|off your "
	    "list|off this list|off the list|stop sending|stop emailing|stop e-mailing|stop "
	    "mailing|stop these|no more mail|no more email|no longer wish to receive|do not wish "
	    "to receive|don't want to receive|don't want these|do not contact me|do not email me|"
	    "cancel my subscription|cancel subscription" },
	{ SAYS_UNSUBSCRIBE, IN_BOTH,
	    "abmelden|abmeldung|abbestell|austragen|newsletter kundigen|kundigung newsletter|"
	    "keine weiteren mails|keine weiteren e-mails|keine mails mehr|keine werbung|keinen "
	    "newsletter|aus dem verteiler|aus ihrem verteiler|aus der liste|desinscri|desabonn|"
	    "desabonn|me retirer|retirez-moi|ne plus recevoir|ne souhaite plus|ne m'envoyez plus|"
	    "supprimer mon adresse|darme de baja|dar de baja|denme de baja|baja de la lista|"
	    "cancelar suscripcion|cancelar la suscripcion|cancelar mi suscripcion|desuscri|no "
	    "deseo recibir|no quiero recibir|disiscri|cancellami|cancellatemi|cancellazione "
	    "dalla|annulla iscrizione|annullare l'iscrizione|rimuovetemi|non voglio piu ricevere|"
	    "descadastr|cancelar inscricao|cancelar a inscricao|cancelar assinatura|remover da "
	    "lista|remova meu|nao quero receber|nao desejo receber" },
	{ SAYS_UNSUBSCRIBE, IN_BOTH,
	    "uitschrijven|afmelden|schrijf mij uit|avregistrera|avprenumerera|avsluta "
	    "prenumeration|avanmal|frameld|afmeld|avmeld|meld meg av|peruuta tilaus|poistakaa "
	    "minut|poista minut|wypisz|wypisac|rezygnuje z|usunac mnie|prosze o usuniecie|"
	    "odhlasit|odhlaste|odhlaseni|leiratkoz|dezabon|abonelikten cik|listeden cik|"
	    "uyelikten cik|отписать|отпишите|отписка|отмена подписки|удалите меня|"
	    "απεγγραφη|διαγραφη απο|配信停止|購読解除|購読停止|登録解除|退会|退订|取消订阅|退訂|"
	    "取消訂閱|수신거부|수신 거부|구독 취소|구독취소" },

	/* Programs' reports, receipts of people. */
	{ SAYS_REPORT, IN_SUBJECT,
	    "report domain:|dmarc aggregate|dmarc report|dmarc failure|tls-rpt|smtp tls report|tls "
	    "report|report-id:|dkim failure report|spf failure report" },
	{ SAYS_READ, IN_SUBJECT,
	    "read:|read: |read receipt|not read:|not read: |gelesen:|ungelesen geloscht:|lu :|"
	    "non lu :|leido:|no leido:|letto:|non letto:|lida:|lido:|nao lida:|gelezen:|last:|"
	    "lest:|laest:|luettu:|przeczytano:|precteno:|olvasva:|прочтено:|прочитано:|okundu:|"
	    "citit:|開封済み:|既読:|开封|已读:|已讀:|읽음:|disposition notification|return receipt "
	    "(displayed)|message read" },
	{ SAYS_MODERATED, IN_BOTH,
	    "awaits moderator approval|awaiting moderator|waiting for moderator|held for "
	    "approval|held for moderation|has been held|pending moderator|is being held until the "
	    "list moderator|moderator approval|post will be reviewed|wartet auf die genehmigung|en "
	    "attente de moderation|pendiente de aprobacion|in attesa di approvazione" },
	{ SAYS_COMPLAINT, IN_SUBJECT,
	    "complaint about message from|email feedback report|abuse report|spam complaint|spam "
	    "report|feedback loop|abuse complaint|[spamcop (|complaint from|fbl report|abuse "
	    "notification" },
	{ SAYS_COMPLAINT, IN_TEXT,
	    "this is an email abuse report|this is an e-mail abuse report|email abuse report for|"
	    "marked as spam by|marked this message as spam|marked the message as spam|reported "
	    "this message as spam|reported this email as spam|reported as spam by|reported the "
	    "following message as|flagged as spam by|clicked the spam button|clicked \"this is "
	    "spam\"|complained about the following|spam complaint|signalement de spam" },

	{ SAYS_FINAL, IN_TEXT, "will not continue trying|not continue to try" },

	/* Who it was not delivered to stands in this line or below it. */
	{ SAYS_NAMES, IN_TEXT,
	    "cannot be delivered|n't delivered|not be reached|not reach the following|"
	    "unable to be delivered|failure delivering|failing address|following address|"
	    "following recipient|following e-mail|failed recipient|failed address|failure reason|"
	    "fatal error|delivery problem|had error|did not receive|recipients were affected|"
	    "is rejected|are rejected|is refused|are refused|affected recipient|error "
	    "delivering|while attempting to deliver|bounced|postponed|"
	    "been rejected" },
	{ SAYS_NAMES, IN_TEXT,
	    "nicht erreicht werden|nicht erreicht:|zustellung fehl|nachrichtenzustellung|folgende "
	    "empf|"
	    "folgenden empf|folgende adresse|konnte nicht gesendet|zustellung an " },
	{ SAYS_NAMES, IN_TEXT,
	    "pas pu etre remis|pas pu etre distribu|pas pu etre delivre|pas pu etre livre|"
	    "impossible de joindre|destinataire(s) suivant|adresses suivantes|adresse "
	    "suivante|destinataires suivants|destinataire suivant" },
	{ SAYS_NAMES, IN_TEXT,
	    "no se entreg|no ha sido entregado|destinatarios siguientes|puede localizar "
	    "a|siguientes destinatarios|siguiente destinatario|"
	    "siguientes direcciones|direcciones siguientes" },
	{ SAYS_NAMES, IN_TEXT, "seguintes destinatarios|seguintes enderecos|nao pode ser enviada" },
	{ SAYS_NAMES, IN_TEXT,
	    "stato recapitato|possibile recapitare|stato consegnato|puo essere consegnat|"
	    "possibile consegnare|recapito non riuscito|seguenti destinatari|"
	    "destinatari seguenti|recapito del messaggio" },
	{ SAYS_NAMES, IN_TEXT,
	    "volgende geadresseerden|volgende ontvangers|volgende adres|bezorging is mislukt|"
	    "niet worden bereikt" },
	{ SAYS_NAMES, IN_TEXT,
	    "leveransen misslyckades|foljande mottagare|leverans till|gar inte att leverera|"
	    "folgende modtagere|folgende mottakere|ei voi toimittaa|toimitus ei onnistunut|"
	    "seuraaville vastaanottajille" },
	{ SAYS_NAMES, IN_TEXT,
	    "nie mogla zostac dostarczona|nie powiodlo sie|nastepujacych adresatow|"
	    "nastepujacych odbiorcow|nastepujacych|nasledujicim prijemcum|nebolo mozne dorucit|"
	    "kovetkezo cimzett|asagidaki alici|παραδοση|παραδοθει" },
	{ SAYS_NAMES, IN_TEXT,
	    "удалось доставить|может быть доставлено|"
	    "было доставлено|смогли доставить|"
	    "шибка доставки|доставка невозможна|"
	    "едоставленн|ледующим получател|"
	    "ледующему получател|ледующим адрес|"
	    "ледующему адрес|ледующие адреса|"
	    "доставлено не|вдалося доставити" },
	{ SAYS_NAMES, IN_TEXT,
	    "配信することができません|配送することができません|"
	    "送信することができません|配信不可|不達|次の受信者|"
	    "以下の受信者|以下の宛先|次の宛先|以下のアドレス|宛先" },
	{ SAYS_NAMES, IN_TEXT,
	    "传递失败|以下收件人|下列地址|以下地址|傳遞失敗|以下收件者|"
	    "下列收件者" },
	{ SAYS_NAMES, IN_TEXT, "배달하지 못|다음 받는 사람|다음 수신자" },
	{ SAYS_NAMES, IN_TEXT,
	    "khong the gui|khong gui duoc|ไม่สามารถส่ง|"
	    "לא ניתן למסור|تعذر تسليم|فشل التسليم" },

	/* What deliveries, mailboxes and refusals are spoken of with. */
	{ SAYS_MAILBOX, IN_TEXT,
	    "deliver|recipient|to <| to |user |mailbox|unknown|account|rejected|reach|550 |554 |"
	    "552 |553 |551 |511 |rcpt to|addressed|failed|exist|address|quota|sent to| an |5.1.1|"
	    "inbox|envoy|entreg|zugestellt|empfanger|destinat|recapit|consegn|geadresseerde|"
	    "ontvanger|mottagare|modtager|vastaanottaja|odbiorc|adresat|prijem|"
	    "доставлен|получател|ящик|адрес|受信|宛先|"
	    "アドレス|メール|收件|邮箱|邮件|郵件|信箱|메일|수신|받는" },
};

const unsigned phrase_lines_n = sizeof(phrase_lines) / sizeof(phrase_lines[0]);
