import type { Concept } from './concepts';

/**
 * The same in other languages that put spaces between words, without accents, for authors and
 * attackers leave them out alike. `confirm*` stands for all that begins so.
 */
export const otherLanguages: Readonly<Record<Concept, string>> = {
  neg: `bilmesin ogrenme bilmemeli nichts niente rien nada nic niets soyleme bahsetme bildirme gosterme belirtme sorma sormadan nicht nie niemals ohne kein keine keinen pas jamais sans aucun aucune sin nunca ningun non mai senza nessun nao sem nem niet nooit zonder geen bez nigdy inte aldrig utan ikke aldri uten uden ma olmadan asla hicbir sakin не никогда без нельзя ні ніколи jangan tanpa khong dung`,
  tell: `sag sage sagen informiere informieren zeig zeige zeigen anzeigen verrate verraten benachrichtige benachrichtigen erfahr* wissen bemerk* savoir sache sachent apprenn* saber sepa sepan enter* sapere sappia wedz* dowied* bilme* bilmesin ogrenme* узна* знать erwahn* mitteil* anzuzeig* teile hinweis* dis dire informer informez informe parle* mentionn* montre* previen* preveni* averti* revel* signale* digas decir* informar* informes menciones mencionar* muestres mostrar avises avisar* reveles comentar* cuentes dirlo mostrar* menzion* rivel* avvisar* avverti* diga* avise* mostre* revele* vertel* meld* toon* noem* informuj* mow* powiadam* wspomina* pokazuj* ujawnia* soyleme* bahsetme* bildirme* gosterme* haber belirtme* сообща* говори* упомина* показыва* раскрыва* уведомля* рассказыва* kasih beritahu`,
  user: `benutzer* nutzer* anwender* utilisateur* utilisateur usager usuari* utente* utente
    utente utilizador* gebruiker* uzytkowni* kullanici* anvandar* bruker* bruger*
    пользовател* користувач* pengguna`,
  ask: `frag* nachfrag* ruckfrag* bestatig* zustimm* genehmig* erlaubnis freigab* demand* confirmer
    autoris* approb* consentement autorisation accord pregunt* pedir pidas confirmac*
    aprobac* consentim* permiso* autorizac* chieder* conferm* approvaz* consenso permesso
    autorizz* pergunt* confirmar aprovac* permiss* bevestig* toestemming* goedkeur* vraag* pyta*
    potwierdz* zgod* zezwolen* sor sorma* sormadan onay* izin izni fraga bekraft* спрашив*
    подтвержд* разрешен* соглас* одобрен* запрос* персмис* konfirmasi izin*`,
  silent: `heimlich stillschweigend unbemerkt verdeckt silencieusement discretement secretement insu
    silenciosamente discretamente secretamente secreto oculto segretamente silenziosamente
    nascosto insaputa stiekem potajemnie dyskretnie cicho gizlice sessizce tyst hemligt тайно
    незаметно скрытно молча`,
  every: `jede* immer alle* stets egal unabhangig chaque toujours tout toute tous quel siempre cada
    todo todos cualquier ogni sempre qualsiasi tutte tutti qualunque toda todas qualquer elke
    altijd ieder* kazd* zawsze wszystk* her daima tum bütün varje alltid кажд* всегда люб* всех
    всё setiap selalu`,
  turn: `repond* respond* beantwort* antwort* отвеч* yanitla* cevapla* antwort* nachricht* anfrage* sitzung gesprach* reponse* message* requete* demande*
    conversation* respuesta* mensaje* solicitud* conversac* responder rispost* messaggi*
    richiest* conversazion* resposta* mensage* pedido* antwoord* bericht* verzoek* odpowied*
    wiadomosc* zapytan* rozmow* yanit* cevap* mesaj* istek* sohbet* svar* ответ* сообщен*
    запрос* вопрос* разговор* jawaban pesan`,
  before: `vor vorher bevor zuerst zunachst davor avant abord prealable antes primero previamente
    prima anzitutto innanzitutto voor voordat eerst przed najpierw zanim once oncesinde
    oncelikle ilk innan forst перед прежде сначала до sebelum dahulu`,
  nowOn: `момента sofort kunftig fortan desormais dorenavant adelante ahora ora ora agora diante voortaan
    odtad teraz bundan itibaren artik hädanefter впредь отныне теперь mulai`,
  ignore: `zignoruj* nieignor* görmezden ignorier* vergiss uberspring* umgeh* missacht* ignorez oublie* contourne* saute* ignora
    ignore* olvida* omite omitir salta* ignorare dimentica* aggira* trascura* esqueca
    desconsider* negeer* vergeet sla omzeil* ignoruj* zapomnij pomin* omin* yoksay* unut* atla
    gormezden ignorera glom игнорир* забудь* пропус* обойд* обход* abaikan lupakan`,
  rules: `systemanweis* systemprompt* systeminstruk* systemregel* anweisung* regel* vorgaben beschrankung* instruction* consigne* regles instruccion* regla*
    directric* istruzion* regol* direttiv* instruc* regras instructie* instrukcj* polece* zasad*
    regul* talimat* kural* komut* instruktion* инструкц* указани* правил* ограничен* instruksi
    aturan`,
  previous: `vorherig* bisherig* fruher* obig* precedent* anterieur* anterior* previa* previo* poprzedni*
    wczesniejsz* onceki vorige eerdere tidigare предыдущ* прежни* остальн* sebelumnya`,
  model: `assistent* modell ki asistente* modelo assistant* modele ia assistente* modello model
    asystent* asistan* yapay ассистент* модел* помощник* агент* asisten`,
  tool: `werkzeug* outil* outil herramienta* strument* ferramenta* hulpmiddel* narzedzi* arac*
    verktyg* инструмент* alat`,
  config: `lijst einstellung* konfiguration* zulassungsliste freigabeliste richtlinie* parametre*
    configuration* reglages liste ajuste* configurac* politica* cortafuegos lista impostazion*
    configurazion* elenco instelling* configuratie* ustawie* konfiguracj* konfiguracyjn* zapor*
    list* liscie polityk* ayar* yapilandirma* liste* beyaz installning* настройк* конфиг*
    список* списк* политик* pengaturan konfigurasi`,
  change: `fug* hinzufug* ander* entfern* deaktivier* losch* erganz* trag* setz* schreib* ajoute*
    modifi* supprim* desactiv* inscri* ecri* remplace* anad* agreg* modific* elimin* quita*
    escrib* cambia* aggiung* disattiv* rimuov* scriv* imposta* adicion* remov* alter* desativ*
    voeg* wijzig* verwijder* schakel* zet dodaj* usun* zmien* wylacz* zapisz ekle* degistir*
    kapat* sil devre yaz lagg andra ta добав* измени* удали* отключ* запиши* замени* tambahkan
    ubah hapus matikan`,
  run: `ruf rufe aufrufen appelle* appele* llama* llame* chiama* chiami chame chama roep aanroep* wywol* wywoluj cagir* вызов* вызыва* anropa panggil fuhr* ausfuhr* starte execute* lance* ejecut* lanza* corre esegu* lancia* execut* rode voer
    uitvoer* uruchom* wykonaj* calistir* kor выполн* запуст* jalankan`,
  already: `bereits schon deja ya gia ja reeds juz zaten onceden redan уже заранее sudah`,
  instead: `statt stattdessen anstatt veraltet anstelle remplace* obsolete* lieu obsolet* lugar
    sustituy* reemplaz* invece sostituisc* deprecat* vez verouderd plaats zamiast przestarza*
    yerine eski вместо устаре* заменя* alih-alih`,
  prefer: `bevorzug* wahle vorrang prefer* choisi* priorit* prefier* elige elegir* preferi* scegli*
    escolha* verkies kies wybier* preferuj* tercih sec предпочит* выбирай*`,
  must: `muss mussen sollst soll unbedingt zwingend pflicht dois doit devez devra faut doivent debes
    debe deben deber* hay devi deve devono occorre bisogna deves moet musisz nalezy trzeba
    gerek* zorunlu mutlaka lutfen maste должен* должн* обязат* нужно необходимо надо harus wajib`,
  here: `hier feld ici parametre* champ aqui campo parametro* qui parametr* pol* tutaj burada buraya
    alan* parametre здесь сюда пол* параметр* sini`,
  trust: `vertrouw* vertrau* confiance fiable confia* fidat* affidabil* attendibil* zaufan* zaufaj guven* довер*
    безопас*`,
  read: `lies lese lesen offne hole sammle such* lis lire ouvre* recuper* cherche* collecte* copie
    lee leer lea abre busca* recopila* extrae* copia leggi leggere apri cerca* raccogli*
    recupera* estrai leia abra busque lees open zoek* przeczytaj odczytaj otworz znajdz zbierz
    skopiuj oku okuyup okuyarak ac bul topla kopyala las oppna прочита* прочти открой* найди*
    собери* считай* baca buka ambil cari`,
  give: `schreib* ecri* ecris escrib* scriv* zapisz ubergib* sende* fug* einfug* hang* schick* trag* gib kopier* ubermitt* transmet* envoi*
    envoy* mets mettre coll* ajoute* recopi* joins joindre insere* fourni* pasa* envia* pon*
    pega* incluye* inclu* adjunta* copia* anade* rellen* reenvia* passa* invia* metti inserisci*
    incolla* allega* includi* fornisci* inoltra* passe envie cole insira anexe copie stuur plak
    geef voeg kopieer wklej wyslij przekaz* dolacz* podaj* wstaw* skopiuj* wpisz* dodaj* gonder*
    yapistir* ekle* ilet yaz doldur* kopyala* skicka klistra передай* отправ* встав* вклю*
    скопир* прилож* укажи* помести* перешли* kirim tempel masukkan sertakan`,
  content: `всю все полный inhalt* vollstandig* gesamt* wortlich unverandert contenu* integral* totalite entier*
    contenido* completo* integro* integra contenut* intero intera completa conteudo* inhoud
    volledige zawartosc* cal* tresc* icerig* icerik* tamam* oldugu innehall* hela содержим*
    полност* целиком весь isi seluruh`,
  secret: `passwort* kennwort* zugangsdaten schlussel* anmeldedaten passe identifiant* secret* jeton*
    cle cles contrasena* credencial* clave* secreto* chiave chiavi credenzial* password segret*
    senha* chave* wachtwoord* sleutel* geheim* hasl* klucz* poswiadcz* sifre* parola* anahtar*
    kimlik losenord* парол* ключ* токен* секрет* sandi kunci kredensial`,
  talk: `gesprach* unterhaltung* verlauf* chatverlauf conversation* discussion* historique conversac*
    historial* mensajes conversazion* cronologia messaggi conversa historico gesprek*
    geschiedenis rozmow* histori* wiadomosci sohbet* konusma* gecmis* mesajlar* переписк*
    истори* разговор* диалог* percakapan riwayat`,
  follow: `folge* befolg* gehorch* suis suivre suivez obei* execute* sigue seguir sigas obedec* cumpl*
    segui seguire obbedi* esegu* siga obede* volg* wykon* stosuj* przestrzega* uy uygula* izle
    folj следуй* выполн* подчин* ikuti`,
  encode: `kodier* encode* codific* codifica* base32 zakod* kodla* кодир*`,
  authority: `systemanweis* systemprompt* systeminstruk* systemadministrator* betreiber* anbieter* administrat* fournisseur* editeur administrador*
    proveedor* sistema amministrator* fornitore beheerder* administrator* dostawc* yonetici*
    saglayici* sistem администратор* систем* разработчик* провайдер*`,
};
