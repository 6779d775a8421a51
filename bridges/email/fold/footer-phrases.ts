import { phrases } from "./phrase-list.ts";

/**
 * First words of the line that a phone or mail program adds by itself: "Sent from my iPhone". Lower case; the line is one
 * only when it is short and stands by itself.
 */
export const FOOTER_STARTS: readonly string[] = phrases(`
  sent from | sent from outlook | sent from yahoo | sent from samsung | sent from proton |
  sent from a mobile | sent from mobile | sent from acompli | sent from mailbird | sent from android |
  sent from iphone |
  sent from myphone | sent from type | sent from nine | sent from blue | sent from gmail | sent from spark |
  sent via  | sent with sparrow | sent with airmail | sent with proton | sent with unibox | sent with spark |
  sent with tutanota | sent with mailspring | sent on the go | sent using | sent by mobile | sent wirelessly |
  sent out from my | get outlook for | get yahoo mail | download outlook | composed on my | typed on my |
  yahoo mail: | via mobile | sent securely with | secured with tutanota | sent through |
  gesendet von meinem | gesendet von mail | gesendet von outlook | gesendet mit der |
  gesendet mit | gesendet aus | gesendet von yahoo | gesendet über | diese nachricht wurde von meinem |
  diese nachricht wurde mit | holen sie sich outlook | outlook für | laden sie outlook | versendet mit |
  von unterwegs |
  mobil gesendet | outlook for |
  envoyé de mon | envoyé depuis | envoyé à partir de | envoyé à partir d’ | envoyé à partir d' | envoyé avec |
  envoyé via | envoye de mon | envoyé d'un | télécharger outlook | téléchargez outlook |
  obtenez outlook |
  obtenir outlook | provenance : courrier | mail envoyé de |
  enviado desde | enviado de mi | obtener outlook | consigue outlook | descargar outlook | enviado con | enviado vía |
  enviado do meu | enviado de meu | enviado a partir | enviado via | enviado pelo | enviada do meu | obter o outlook |
  obtenha o outlook | baixe o outlook | enviado do | enviado com |
  inviato da | inviato dal | inviata da | inviato con | ottieni outlook | scarica outlook |
  verzonden vanaf | verstuurd vanaf | verzonden met | verzonden via | verstuurd met | verzonden van | outlook voor |
  download outlook voor | haal outlook |
  sendt fra | sendt med | sendt via | hent outlook | få outlook | last ned outlook |
  skickat från | skickat med | skickat via | skickades från | hämta outlook | skaffa outlook |
  lähetetty | hanki outlook | lataa outlook |
  wysłane z | wysłano z | wyslane z | wysłane przez | pobierz outlook | pobierz program outlook |
  odesláno z | odesláno pomocí | odoslané z | odoslané zo | získat outlook | stáhnout outlook | získajte outlook |
  iphone-ról küldve | az iphone-omról | elküldve az | küldve az | az outlook letöltése | küldve a |
  trimis de pe | trimis din | trimis de la | obțineți outlook | descărcați outlook |
  отправлено с | отправлено из | отправлено через | отправлено от | скачать outlook | получить outlook |
  с уважением, mail.ru |
  изпратено от | изпратено с | надіслано з | надіслано із | відправлено з | надіслано через | послато са |
  στάλθηκε από | εστάλη από | απεστάλη από | λήψη του outlook | αποκτήστε το outlook |
  iphone'umdan gönderildi | outlook'u edinin | outlook uygulamasını |
  poslano s | poslano sa | poslano iz | poslato sa | saadetud minu | nosūtīts no | išsiųsta iš | enviat des |
  发自我的 | 发自 | 從我的 | 从我的 | 傳送自 | 發自 | 来自我的 | 用 outlook | 获取 outlook | 取得 outlook | 由我的 |
  iphoneから送信 | ipadから送信 | から送信 | 私のiphone | outlook for ios | 나의 iphone에서 | 내 iphone에서 | 내 ipad에서 |
  나의 ipad에서 | أرسلت من | أُرسلت من | تم الإرسال من | مرسل من | أرسل من | نשלח מה | נשלח מ | ارسال شده از |
  được gửi từ | đã gửi từ | gửi từ | dikirim dari | terkirim dari | dihantar daripada | ส่งจาก | मेरे iphone से
`);

/** Last words of such a line, for languages and programs that put the device first. Lower case. */
export const FOOTER_ENDS: readonly string[] = phrases(`
  gesendet | gesendet. | から送信 | から送信されました | 에서 보냄 | gönderildi | küldve | küldve. | 에서 전송 |
  saadetud | से भेजा गया | sent from my phone | gesendet mit k-9 mail
`);

/** What a line must speak of when only its end tells, lower case. */
export const DEVICES: readonly string[] = phrases(`
  iphon | айфон | ipad | ipod | android | samsung | galaxy | smartphone | handy | mobil | blackberry | huawei |
  outlook | windows | nokia | xiaomi | tablet | phone | telefon | redmi | sony | yahoo | mail app | mail-app | gmail |
  protonmail | proton mail | mail.ru | яндекс | gmx | web.de | k-9 | airmail | thunderbird | bluemail | blue mail |
  fairphone | pixel | oneplus | motorola | honor | oppo | sfr | orange | free mobile
`);

/**
 * What disclaimers say. A closing paragraph with phrases of two rows, or one of the last, is a disclaimer. Lower case.
 */
export const DISCLAIMER_PHRASES: readonly (readonly string[])[] = [
  phrases(`
    confidential | privileged | vertraulich | confidentiel | confidencial | riservat | confidenzial | vertrouwelijk |
    fortrolig | konfidentiel | luottamuksellin | poufn | důvěrn | dôvern | bizalmas | confidențial |
    конфиденциальн | поверителн | конфіденційн | εμπιστευτικ | gizli | povjerljiv | zaupn | konfidentsiaal |
    konfidenciāl | konfidencial | konfidentiell | 机密 | 機密 | 保密 | 기밀 | سري | חסוי
  `),
  phrases(`
    intended recipient | intended solely | intended only | intended for the | named addressee | addressee |
    nicht der richtige adressat | richtige adressat | nicht der adressat | nicht der beabsichtigte | bestimmt ist |
    destinataire | destinatario | destinatário | geadresseerde | bestemd voor | modtager | mottaker | mottagare |
    tarkoitettu | adresat | příjemc | príjemc | címzett | destinatar | получател | адресат | παραλήπτη | alıcı |
    primatelj | naslovnik | adresaa | adresāt | gavėj | 收件人 | 受信者 | 宛先 | 수신자 | المستلم | הנמען
  `),
  phrases(`
    in error | by mistake | notify the sender | inform the sender | contact the sender | irrtümlich | par erreur |
    por error | por engano | per errore | abusievelijk | ten onrechte | ved en fejl | ved en feil | av misstag |
    erehdyksessä | vahingossa | omyłkowo | przez pomyłkę | omylem | tévedés | din greșeală | по ошибке | погрешка |
    помилково | εκ παραδρομής | yanlışlıkla | greškom | pomotoma | ekslikult | kļūdas | per klaidą | 误收 | 誤って
  `),
  phrases(`
    please delete | delete this | delete it | destroy | vernichten | löschen sie | zu löschen | supprimer | détruire |
    eliminar | eliminarlo | apagar | cancellare | verwijder | vernietig | slette | radera | usunąć | usunięcie |
    smazat | smažte | törölj | ștergeți | удалите | изтрийте | видаліть | διαγράψτε | siliniz | izbriš | kustuta |
    any unauthorised | any unauthorized | unauthorised use | unauthorized use | strictly prohibited | unbefugte |
    toute utilisation | est interdite | queda prohibid | è vietat | is niet toegestaan | zabronion
  `),
];

/** Each is enough to know a closing paragraph that a scanner or a campaign has added. Lower case. */
export const ADDED_NOTES: readonly string[] = phrases(`
  consider the environment before printing | think before you print | bevor sie diese e-mail ausdrucken |
  bevor sie diese mail ausdrucken | bitte denken sie an die umwelt | pensez à l'environnement |
  pensez à l’environnement |
  pensez environnement | avant d'imprimer | avant d’imprimer | antes de imprimir | prima di stampare |
  voordat u deze e-mail |
  denk aan het milieu | tænk på miljøet | tenk på miljøet | tänk på miljön | pomyśl o środowisku |
  myslete na životní |
  подумайте об окружающей | scanned for viruses | checked for viruses | virus-free. www | virenfrei. www | avast.com |
  wurde von avast | auf viren geprüft | sans virus. www | garanti sans virus | libre de virus. www |
  livre de vírus. www |
  privo di virus. www | virusvrij. www | analizzato con libra | scanned by mailscanner | has been scanned by |
  this email was scanned | without viruses. www | проверено на вирусы | не содержит вирусов | вирусов нет. www
`);

/** Words that begin an afterthought: what follows is the writer's own, however it is set off. */
export const AFTERTHOUGHT = /^(?:p\.?\s?){1,3}s\b\.?|^nb\b|^n\.b\.|^з\.?ы\b|^пс\b|^附言|^又及|^追伸/iu;
