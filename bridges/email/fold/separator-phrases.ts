import { phrases } from "./phrase-list.ts";

/** What stands between dashes above the mail that is answered: "-----Original Message-----". Lower case. */
export const ORIGINAL_MESSAGE: readonly string[] = phrases(`
  original message | original email | original mail | original appointment | originalnachricht |
  ursprüngliche nachricht | original-nachricht | original nachricht | ursprüngliche mail | ursprünglicher termin |
  message d'origine | message d’origine | message original | message initial | e-mail d'origine |
  mensaje original | correo original | mensagem original | messaggio originale | messaggio original |
  messaggio originario | oorspronkelijk bericht | oorspronkelijke bericht | origineel bericht |
  oprindelig meddelelse | original besked | opprinnelig melding | opprinnelig meddelelse | opphavleg melding |
  ursprungligt meddelande | originalmeddelande | alkuperäinen viesti | wiadomość oryginalna |
  oryginalna wiadomość | originalna wiadomosc | původní zpráva | původní e-mail | pôvodná správa |
  eredeti üzenet | mesaj original | mesajul original | исходное сообщение | оригинальное сообщение |
  первоначальное сообщение | оригинално съобщение | вихідне повідомлення | оригінальне повідомлення |
  αρχικό μήνυμα | özgün ileti | orijinal mesaj | orijinal ileti | izvorna poruka | originalna poruka |
  izvirno sporočilo | originalno sporočilo | оригинална порука | algne kiri | algne sõnum | algne teade |
  sākotnējais ziņojums | oriģinālais ziņojums | pradinis laiškas | originalus laiškas | missatge original |
  jatorrizko mezua | mensaxe orixinal | upprunaleg skilaboð | neges wreiddiol | oorspronklike boodskap |
  原始邮件 | 原始郵件 | 原邮件 | 原始信息 | 原始訊息 | 元のメッセージ | オリジナルメッセージ | 元メール | 원본 메시지 |
  원본 메일 | 원래 메시지 | الرسالة الأصلية | הודעה מקורית | ההודעה המקורית | پیام اصلی | thư gốc |
  tin nhắn gốc | pesan asli | mesej asal | ข้อความต้นฉบับ | ข้อความเดิม | मूल संदेश | reply message
`);

/** What stands above a mail that is passed on: "---------- Forwarded message ---------". Lower case. */
export const FORWARDED_MESSAGE: readonly string[] = phrases(`
  forwarded message | forwarded mail | forwarded email | begin forwarded message | forwarded messages |
  start of forwarded message | begin forwarded email | weitergeleitete nachricht |
  anfang der weitergeleiteten nachricht |
  anfang der weitergeleiteten e-mail | beginn der weitergeleiteten nachricht | weitergeleitete e-mail |
  message transféré | message transmis | début du message réexpédié | début du message transféré |
  début du message transmis | courriel transféré | message réexpédié | e-mail transféré | message transfere |
  mensaje reenviado | inicio del mensaje reenviado | comienzo del mensaje reenviado | correo reenviado |
  mensagem encaminhada | mensagem reencaminhada | início da mensagem encaminhada | início da mensagem reenviada |
  messaggio inoltrato | inizio messaggio inoltrato | inizio del messaggio inoltrato | doorgestuurd bericht |
  begin doorgestuurd bericht | begin van doorgestuurd bericht | doorgezonden bericht | videresendt besked |
  videresendt meddelelse | start på videresendt besked | begynder videresendt besked | videresendt melding |
  start på videresendt melding | begynnelse på videresendt melding | videresend e-post |
  vidarebefordrat meddelande | vidarebefordrat brev | vidarebefordrat mejl | påbörja vidarebefordrat meddelande |
  börja vidarebefordrat meddelande | välitetty viesti | edelleenlähetetty viesti | välitetty viesti alkaa |
  välitetyn viestin alku | przekazana wiadomość | wiadomość przekazana | początek przekazywanej wiadomości |
  początek przekazanej wiadomości | treść przekazanej wiadomości | přeposlaná zpráva | předávaná zpráva |
  začátek přeposlané zprávy | preposlaná správa | začiatok preposlanej správy | továbbított üzenet |
  továbbított levél | továbbított üzenet kezdete | mesaj redirecționat | mesaj redirectionat | mesaj retransmis |
  începutul mesajului redirecționat | пересылаемое сообщение | пересылаемое письмо | пересланное сообщение |
  начало переадресованного сообщения | начало переадресованного письма | перенаправленное сообщение |
  препратено съобщение | начало на препратеното съобщение | переслане повідомлення | переадресоване повідомлення |
  початок переадресованого повідомлення | προωθημένο μήνυμα | μήνυμα που προωθήθηκε | αρχή προωθημένου μηνύματος |
  iletilen mesaj | yönlendirilen ileti | iletilmiş ileti başlangıcı | iletilen ileti | proslijeđena poruka |
  započni proslijeđenu poruku | prosleđena poruka | прослеђена порука | posredovano sporočilo |
  začetek posredovanega sporočila | edastatud kiri | edastatud sõnum | pārsūtīts ziņojums |
  pārsūtītā ziņa | persiųstas laiškas | persiunčiamas laiškas | missatge reenviat | inici del missatge reenviat |
  birbidalitako mezua | mensaxe reenviada | áframsent skeyti | neges wedi'i hanfon ymlaen | aangestuurde boodskap |
  转发邮件 | 转发的邮件 | 轉寄郵件 | 轉寄的郵件 | 轉寄郵件訊息 | 开始转发的邮件 | 開始轉寄郵件 | 下面是被转发的邮件 |
  转发邮件信息 | 已转发邮件 | 転送メッセージ | 転送メール | 転送されたメッセージ | 以下は転送されたメッセージです | 전달된 메시지 |
  전달된 메일 | 전달한 메시지 | رسالة محولة | رسالة مُعاد توجيهها | الرسالة المعاد توجيهها | הודעה שהועברה |
  הודעה מועברת | پیام ارجاع‌شده | پیام هدایت شده | thư được chuyển tiếp | thư đã chuyển tiếp |
  tin nhắn được chuyển tiếp | pesan terusan | pesan yang diteruskan | mesej dimajukan | ข้อความที่ส่งต่อ |
  अग्रेषित संदेश | forwarded message attached |
  start på vidarebefordrat meddelande | início da mensagem reencaminhada | aloita edelleenlähetetty viesti |
  továbbított levél kezdete | začátek přeposílané zprávy | přeposílaná zpráva | yönlendirilmiş ileti başlangıcı |
  započeta proslijeđena poruka | inoltro messaggio | reenviado el mensaje
`);

/** "----- Forwarded by Jane Doe/Example on 03.12.2010 10:00 -----", as Notes has it. Lower case. */
export const FORWARDED_BY: readonly string[] = phrases(`
  forwarded by | weitergeleitet von | transféré par | reenviado por | encaminhado por | inoltrato da |
  doorgestuurd door | videresendt af | videresendt av | vidarebefordrat av | przesłane dalej przez |
  přeposlal | переслано | forwarded message from | forwarded from | edelleenlähettäjä
`);

/** A subject's first word when a mail is passed on, before its colon; lower case. "VS" is an answer to Finns: then more is shown than need be. */
export const FORWARD_PREFIXES: readonly string[] = phrases(`
  fw | fwd | wg | tr | rv | enc | vb | vs | vl | pd | i | doorst | továbbítás | fs | πρθ | i̇lt | ilt |
  转发 | 轉寄 | 转寄 | 転送 | 전달 | пересл | reenv | prosl
`);
