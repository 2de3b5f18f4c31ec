/** What a verb does to the world; the finer senses exist because objects and parameters decide them. */
export type Sense =
  | 'read'
  /** Reads, unless what is asked is free SQL. */
  | 'query'
  /** Makes something of its input: a text, a link, a chart; what it makes decides. */
  | 'generate'
  /** Takes something out; a write when it lands in a file. */
  | 'download'
  | 'write'
  | 'send'
  /** Says only that several things can be done. */
  | 'manage'
  | 'run'
  /** Drives a user interface, where a click can do anything. */
  | 'interact'
  | 'destroy'
  | 'pay';

export interface Verb {
  readonly base: string;
  readonly sense: Sense;
  /** As often a noun as a verb: counts only where the grammar says verb. */
  readonly noun: boolean;
  /** Says little alone: the other text decides. */
  readonly vague: boolean;
}

export type Form = 'base' | 'third' | 'gerund';

export interface VerbForm extends Verb {
  readonly form: Form;
}

// `~` marks verbs that are as often nouns, `?` verbs that say little alone. Each verb stands once.
const verbs: Readonly<Record<Sense, string>> = {
  read: `access~? curl wget transcribe aggregate? analyse analyze answer~? ask audit~ browse calculate capture~? cat chat~? check~ classify
    collect? compare compute convert? count~ crawl debug~? decode describe detect determine diagnose diff~ discover
    display~ dump~? echo encode enumerate estimate~ examine explain explore extract fetch find forecast~
    gather geocode get give? grep guess head~ help~ identify inspect introspect investigate learn lint list load? locate
    lookup ls lst map~? match~? measure~ monitor~ observe obtain paginate parse peek ping~ poll~ predict preview~
    profile~? provide rank~ rate~ read recall recommend render? report~? resolve? retrieve return review~? scan~ score~
    scrape screenshot~ search~ see show simulate snapshot~ stat suggest summarise summarize tail~ test~? think
    tokenize trace~ transform~? translate understand validate verify view~ visualise visualize wait watch~? whoami`,
  query: 'query~ select',
  generate: 'synthesize synthesise generate produce? build~? compose? plan~? design~? draw~? make?',
  download: 'download~ export~ backup~?',
  write: `chmod chown compress cordon uncordon cp decompress delegate dial fulfill mkdir mock~ mv note~? place~? play~? print~?
    rewrite sign~ skip~ snap~? stash~ touch~? unwrap unzip wrap zip~ accept acknowledge activate add adjust adopt align allocate allow annotate append apply approve archive~ arrange
    assemble assign associate attach authenticate authorise authorize autofix begin bind block~ book~ bookmark~ cancel
    change~ checkout~? claim~? clean~? clone~ close~ combine comment~ commit~ complete? configure confirm? connect copy~
    create customize deactivate decline~ decrement define demote deprecate detach disable disassociate disconnect
    draft~ duplicate edit embed enable end~? enrich enroll escalate establish extend finalise finalize finish fix~
    flip follow fork~ format~? grant~ group~? handle~? import~ increment index~? ingest init initialise initialize inject insert
    instantiate invite~ issue~? join label~ leave~ like~ link~ lock~ log~ login logout mark~ merge~ migrate mint~ modify mount
    move~ mutate mute onboard open~? override~ overwrite patch~ pause~ persist pin~ populate prepare? process~? promote provision pull~
    push~ put queue~? react rearrange rebase~ record~ redact redo~ refresh~ register reject release~ remember rename
    renew reopen reorder replace request~? reserve reset~ resize restore resume~ revert rollback~ rotate save scale~
    schedule~ seed~ set~ setup share~ snooze sort~? split~ stage~ star~ store~ submit subscribe suspend switch~
    sync~ synchronize tag~ toggle~ track~? transition~ turn~? tweak unarchive unassign unblock undo~ unfollow unlink unlock
    unmount unmute unpin unpublish unset unshare unstar unsubscribe unsuspend update~ upgrade~ downgrade~ upload~ upsert
    void~ vote~ whitelist write deny refuse dismiss reload ignore hide unhide flag~ unflag react rebook bump~ nudge~ poke~ pair~? tune~?
    bootstrap~ obfuscate encrypt decrypt sanitize normalise normalize dedupe deduplicate consolidate reconcile anonymize anonymise mask~`,
  send: 'send emit post~ email~ notify broadcast~ message~ dm~ tweet~ publish announce forward~ alert~ reply~ text~?',
  manage: 'manage administer operate? perform? control~? orchestrate? crud~',
  run: `automate benchmark~ bash~ boot~ call~? command~? compile deploy dispatch~ eval evaluate exec execute install~ interrupt~
    invoke launch~ powershell~ reboot~ recreate redeploy rerun restart~ retry~? run~ script~? shell~ spawn ssh~ start~
    stop~ sudo trigger~ rebuild~ respawn continue step~ fire~ resubmit~ rerun relaunch reinstall abort~ halt~ shutdown~ train~?`,
  interact:
    'click~ doubleclick drag~ emulate fill~ go~? goto hover keypress navigate press~ scroll~ swipe~ tap~ type~?',
  destroy: `ban~ cleanup~? clear~ decommission drain del delete deprovision destroy discard drop~ empty~? erase evict expire~
    flush~ forget kick~ kill nuke obliterate prune purge remove revoke rm rmdir shred terminate trash~
    truncate uninstall unregister wipe~`,
  pay: `bid~? borrow~ buy charge~ deposit~? disburse donate invest lend pay payout~ purchase~ redeem refund~ reimburse
    remit repay sell stake~ swap~? tip~? trade~ transfer~? unstake wire~? withdraw`,
};

// The commonest verbs in other languages, in the forms that names and first sentences take.
const foreignVerbs: Readonly<Partial<Record<Sense, string>>> = {
  read: `obtener obtiene listar lista buscar busca leer lee consultar consulta mostrar muestra recuperar recupera
    abrufen ruft auflisten listet suchen sucht lesen liest anzeigen zeigt holen holt
    obtenir obtient lister rechercher recherche lire afficher affiche récupérer récupère recuperer chercher cherche
    renvoie devuelve retorna obtén busque buscar encontrar encuentra verificar verifica comprobar comprueba descargar descarga
    traducir traduce resumir resume contar cuenta calcular calcula ver
    findet finden prüfen prüft überprüfen überprüft abfragen fragt vergleichen vergleicht berechnen berechnet gibt
    herunterladen zählt zusammenfassen zurückgeben auslesen laden lädt
    trouver trouve vérifier vérifie verifier comparer compare calculer calcule télécharger télécharge telecharger
    traduire traduit résumer résume retourne retourner récupére consulter consulte compter
    listet obtém obter procurar pesquisar pesquisa ler mostrar exibir exibe verificar`,
  write: `crear crea actualizar actualiza modificar modifica agregar agrega añadir añade guardar guarda subir escribir
    erstellen erstellt aktualisieren aktualisiert ändern ändert hinzufügen speichern speichert schreiben schreibt anlegen
    legt créer crée creer ajouter ajoute modifier modifie enregistrer enregistre écrire écrit met mettre
    cambiar cambia mover mueve renombrar renombra registrar registra asignar asigna subir sube cargar copiar copia
    configurar configura editar edita insertar inserta cancelar cancela cerrar cierra aprobar aprueba
    setzen setzt verschieben verschiebt umbenennen kopieren kopiert hochladen zuweisen bearbeiten bearbeitet einfügen
    fügt schließen schließt stornieren bucht buchen
    déplacer déplace deplacer renommer renomme copier copie importer importe insérer insère fermer ferme annuler annule
    définir définit assigner assigne éditer édite réserver réserve
    criar cria atualizar atualiza adicionar adiciona salvar salva alterar altera`,
  send: 'enviar envía envia publicar publica senden sendet verschicken envoyer envoie publier publie',
  run: `ejecutar ejecuta iniciar inicia detener detiene reiniciar reinicia desplegar despliega invocar
    ausführen führt starten startet stoppen stoppt anhalten neustarten bereitstellen stellt
    exécuter exécute executer lancer lance démarrer démarre demarrer arrêter arrête arreter redémarrer redémarre déployer
    déploie executar executa`,
  destroy: `eliminar elimina borrar borra löschen löscht loeschen entfernen entfernt supprimer supprime effacer efface
    vaciar leeren vacía quitar quita suprimir suprime anular revocar revoca destruir destruye
    leert zerstören vernichten bereinigen widerrufen deinstallieren entleeren
    vider vide détruire détruit detruire retirer retire révoquer révoque purger purge désinstaller
    excluir exclui apagar apaga deletar`,
  pay: `pagar paga reembolsar reembolsa transferir transfiere comprar compra cobrar cobra vender vende retirar
    kaufen kauft verkaufen zahlen zahlt auszahlen abbuchen einziehen
    acheter achète vendre vend débiter débite transférer transfère
    bezahlen bezahlt überweisen überweist erstatten payer paie rembourser rembourse virer`,
};

function thirdPerson(base: string): string {
  if (/[^aeiou]y$/.test(base)) return `${base.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh|o)$/.test(base) ? `${base}es` : `${base}s`;
}

const doubled =
  /^(?:get|set|put|run|stop|drop|tag|pin|plan|ban|tap|drag|dm|log|scan|submit|commit|swap|map|cat|embed)$/;

function gerund(base: string): string {
  if (doubled.test(base)) return `${base}${base.at(-1)}ing`;
  return /[^e]e$/.test(base) ? `${base.slice(0, -1)}ing` : `${base}ing`;
}

function verbTable(): ReadonlyMap<string, VerbForm> {
  const table = new Map<string, VerbForm>();
  const put = (text: string, verb: VerbForm): void => {
    // A word with two senses keeps the one listed first, and a base form wins over an inflected one.
    if (!table.has(text)) table.set(text, verb);
  };
  const entries: Verb[] = [];
  for (const [sense, list] of Object.entries(verbs) as [Sense, string][]) {
    for (const entry of list.split(/\s+/)) {
      const base = entry.replace(/[~?]+$/, '');
      entries.push({ base, sense, noun: entry.includes('~'), vague: entry.includes('?') });
    }
  }
  for (const verb of entries) put(verb.base, { ...verb, form: 'base' });
  for (const verb of entries) {
    put(thirdPerson(verb.base), { ...verb, form: 'third' });
    put(gerund(verb.base), { ...verb, form: 'gerund' });
  }
  for (const [sense, list] of Object.entries(foreignVerbs) as [Sense, string][]) {
    for (const base of list.split(/\s+/))
      put(base, { base, sense, noun: false, vague: false, form: 'base' });
  }
  return table;
}

const verbForms = verbTable();

export function verbForm(word: string): VerbForm | undefined {
  return verbForms.get(word) ?? prefixedForm(word);
}

/** "Reinvite", "unsplit": doing it again does the same; undoing what was changed is a change. */
function prefixedForm(word: string): VerbForm | undefined {
  const again = word.startsWith('re');
  if (!again && !word.startsWith('un')) return undefined;
  const verb = verbForms.get(word.slice(word[2] === '-' ? 3 : 2));
  if (verb === undefined || verb.vague) return undefined;
  if (!again) {
    return verb.sense === 'write' ? { ...verb, base: word, noun: false } : undefined;
  }
  // "Research", "reform": the noun has a life of its own.
  const same = !verb.noun && verb.sense !== 'destroy' && verb.sense !== 'pay';
  return same ? { ...verb, base: word } : undefined;
}

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}

/** Last words of names that have no verb but name something to be read. */
export const readNouns =
  set(`status state info information history stats statistics detail details count health
  documentation docs doc schema schemas version versions metrics logs help usage summary log record balance balances price prices
  quote weather forecast activity analytics results result suggestions overview metadata tree content contents context
  leaderboard holders trends insights insight reference guide examples profile availability timeline directions distance
  matrix elevation isochrone examples capabilities completions completion lookup feed news time date list lists`);

/** Nouns that open a description which has no verb: "KPI card: …", "Monthly breakdown of …". */
export const reportNouns =
  set(`chart charts card report analysis breakdown overview summary statistics stats list
  count counts total totals history status timeline graph table ranking leaderboard calculator lookup search
  documentation reference guide information details metadata comparison forecast snapshot`);

/** What running, generating or making such a thing amounts to is reading. */
export const readObjects =
  set(`search searches analysis analyses analyzer analyzers report reports lookup lookups
  check checks diagnostics diagnosis healthcheck inspection inspections comparison summary summaries statistics estimate scan
  preview aggregation aggregations promql logql dql traceql jql kql nrql select inference`);

/** Text that comes back to the caller and changes nothing. */
export const computedObjects =
  set(`chart charts diagram diagrams graph map url urls link links deeplink deeplinks query queries
  dql sql promql embedding embeddings code hash uuid guid summary report reports preview suggestion suggestions
  snippet snippets table plot outline outlines visualization text explanation answer response prompt prompts
  insights locator locators`);

export const moneyObjects =
  set(`payment payments refund refunds charge charges payout payouts transfer transfers
  withdrawal withdrawals purchase purchases trade trades swap swaps disbursement transaction transactions remittance
  chargeback pago pagos reembolso factura paiement remboursement zahlung überweisung`);

export const moneyWords =
  set(`amount price currency fund funds wallet wallets usd usdc usdt eth btc sol eur token tokens
  balance balances payment payments money cash crypto leverage invoice invoices account accounts card billing bid
  refund fee fees rewards coin coins stock stocks shares dinero geld argent stake`);

/** Orders that are paid or traded, told from sort orders and work orders by the verb before them. */
export const orderVerbs = set('place submit buy sell execute capture pay');

export const fillers =
  set(`long double single bulk batch multi quick auto safe safely use this tool to the a an will can you and or for please it allows allow you lets enables
  helps which that used useful tools primary main as only when user wants need needs quickly first then api endpoint
  method`);

export const determiners =
  set(`a an the this that these those it them its your their new existing all any one multiple
  several some every each specific given current`);

export const negations = set(
  `not never without cannot can't don't doesn't won't no nor isn't neither`,
);

/** Words after which a name says how or where, no longer what. */
export const prepositions = set(
  'by for which that who where when if from to in into on with of as at via using per within',
);

export const joiners = set('and or then also y o et ou und oder & n');

/** What browsers and screens are made of; near it `drop` and `select` are gestures. */
export const interfaceParts = set(
  'element dropdown checkbox dialog button textbox combobox selector xpath',
);

export const gestures = set('drop select choose check uncheck upload handle accept dismiss set');

/** Documents of money: changing them moves none, and yet matters more than other data. */
export const moneyDocuments =
  set(`invoice invoices bill bills payment payments payroll billing refund refunds price prices
  subscription subscriptions expense expenses`);

/** What can be rebuilt at once: clearing it loses nothing. */
export const rebuildable = set(
  'cache caches filter filters selection console screen input field search',
);

/** What is easily made again after it has been removed. */
export const remakeable =
  set(`index indexes filter filters label labels tag tags relation relations reaction alias webhook
  webhooks output outputs session sessions bookmark subscription comment comments tweet draft drafts reminder
  observation observations property favorite`);

/** Marks an order as one of a market. */
export const marketWords = set('market limit buy sell futures spot stock price amount side');

/** Words in front of a name's verb that only colour it. */
export const nameAdverbs = set(
  'long double single bulk batch multi quick auto safe force right left mass',
);

/** Names that ask a question: `is_valid`, `has_access`. */
export const questions = set('is has are can who what which how does should');

/** Last words of names for something that runs what it is given. */
export const runNouns = set('terminal console repl interpreter executor runner');

/** What is settled by resolving it; anything else that is resolved is looked up. */
export const settled =
  set(`comment comments thread threads issue issues conversation conversations alert alerts incident incidents
  ticket tickets case discussion review conflict conflicts dispute todo`);

/** What is shown when it is opened, and stays as it is. */
export const storedItems = set(
  `node nodes entity entities record records entry entries note notes`,
);

/** What hangs on something else: taking it off leaves both in place. */
export const attachments =
  set(`member members assignee assignees label labels tag tags reaction reviewer reviewers watcher
  follower participant collaborator star`);
