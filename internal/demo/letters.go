package demo

import "time"

// A script is a conversation by mail: the lines alternate between the two
// sides. {prenom} is the other side's first name, {jour} a day of the week after,
// {annee} the year.
type script struct {
	month   time.Month // 0: any
	group   string
	owner   bool // the owner begins
	subject string
	lines   []string
}

var scripts = []script{
	{time.January, "Famille", false, "Bonne année !", []string{
		"Bonne et heureuse année {annee} à tous les quatre ! La santé d'abord, et le plaisir de vous voir plus souvent. On a pensé à vous à minuit.",
		"Merci {prenom}, très bonne année à toi aussi ! Malo a tenu jusqu'à onze heures et demie, un record. On vous appelle dimanche.",
		"Dimanche parfait, plutôt après 17 h. Bises aux enfants."}},
	{time.January, "Amis", false, "Galette ?", []string{
		"Coucou Camille, on tire les rois à la maison {jour}, vers 16 h. Vous venez avec les enfants ?",
		"Avec joie ! J'apporte une galette à la pomme et du cidre. Lou demande s'il y aura une couronne pour elle.",
		"Évidemment. Et une pour Julien s'il est sage.",
		"Ça, je ne garantis rien. À {jour} !"}},
	{time.January, "Travail", false, "Planning du trimestre", []string{
		"Bonjour Camille,\n\nTu trouveras le planning du trimestre sur le serveur. Le square des Tanneurs passe avant la cour d'école, la mairie a insisté. Dis-moi si cela te va.",
		"Bonjour {prenom},\n\nC'est bon pour moi, à condition d'avoir le relevé topographique avant le 15. Sinon je ne tiendrai pas l'esquisse.",
		"Je relance le géomètre aujourd'hui."}},
	{time.February, "Famille", true, "Vacances d'hiver", []string{
		"Bonjour {prenom},\n\nNous partons au ski la semaine des vacances. Est-ce que tu pourrais passer relever le courrier une ou deux fois ?",
		"Bien sûr. Je passerai aussi arroser le citronnier. Il gèle toujours la nuit ici.",
		"Tu es un amour. La clé est chez Geneviève, au 16."}},
	{time.February, "Amis", true, "Anniversaire de Lou", []string{
		"Coucou {prenom}, Lou fête son anniversaire {jour} de 14 h à 17 h 30, à la maison. Chasse au trésor dans le jardin s'il ne pleut pas. Les enfants sont libres ?",
		"Oui ! Ils sont ravis. Une idée de cadeau ?",
		"Elle lit tout ce qui parle d'oiseaux en ce moment. Ou un jeu de société, comme tu veux.",
		"Parfait, on trouvera. À {jour}."}},
	{time.March, "Voisins", false, "Haie mitoyenne", []string{
		"Bonjour Camille,\n\nLe jardinier vient tailler ma haie {jour}. Voulez-vous qu'il fasse aussi votre côté ? Il demande 80 € pour l'ensemble, que nous pourrions partager.",
		"Bonjour {prenom},\n\nTrès volontiers, merci d'y avoir pensé. Je vous ferai un virement de 40 €.",
		"Entendu. Vous me direz si le bruit gêne la sieste du petit !"}},
	{time.March, "Amis", false, "Rando dimanche", []string{
		"Il fera 16 degrés dimanche. On longe la Loire depuis Béhuard ? 12 km, plat, pique-nique au milieu.",
		"Partants ! Malo fera la moitié sur les épaules de Julien. On prend la salade et le fromage.",
		"Nous le pain et le gâteau. Rendez-vous à 10 h au parking de l'église."}},
	{time.March, "Travail", true, "Square des Tanneurs : plantations", []string{
		"{prenom},\n\nJ'ai repris la palette végétale : je remplace les lauriers par des viornes et je garde les deux érables existants. Le budget reste sous 18 500 €.",
		"Bien vu pour les érables. La mairie voudra un chiffrage par lot avant vendredi.",
		"Ce sera fait jeudi soir."}},
	{time.April, "Famille", true, "On arrive pour Pâques", []string{
		"Nous partirons vendredi après l'école et devrions être là vers 20 h. Est-ce que je peux apporter quelque chose ?",
		"Rien du tout ! Peut-être tes rillauds, ton père m'en parle depuis Noël. Les lits sont faits et les œufs sont cachés… enfin presque.",
		"Je note les rillauds. Lou a préparé un panier pour la chasse aux œufs.",
		"Roulez doucement, il y aura du monde sur la route."}},
	{time.April, "Amis", false, "Prêt de la remorque", []string{
		"Salut Camille, est-ce que vous avez besoin de la remorque ce week-end ? Sinon je voudrais emmener des branches à la déchetterie.",
		"Salut {prenom}, prends-la, elle est derrière le garage. Attention, le feu droit ne marche plus.",
		"Je change l'ampoule, ce sera mon loyer."}},
	{time.April, "École", true, "Absence de Malo", []string{
		"Bonjour,\n\nMalo a de la fièvre ce matin et restera à la maison aujourd'hui et sans doute demain. Pourriez-vous nous transmettre le travail à faire ?",
		"Bonjour Madame Vasseur,\n\nMerci de m'avoir prévenue. Je glisse les fiches dans le cahier de liaison de Lou. Bon rétablissement à Malo.",
		"Merci beaucoup, il va déjà mieux."}},
	{time.May, "Famille", false, "Ton anniversaire", []string{
		"Ma grande, qu'est-ce qui te ferait plaisir cette année ? J'ai vu un joli sécateur japonais mais tu en as peut-être déjà dix.",
		"Neuf seulement ! Mais ce qui me ferait vraiment plaisir, c'est que vous veniez le week-end du 17. On déjeunera dehors.",
		"Alors c'est dit, nous arrivons samedi. Et le sécateur viendra avec nous."}},
	{time.May, "Amis", true, "Concert à la guinguette", []string{
		"{prenom}, il y a un concert à la Guinguette des Trois-Mares {jour}. J'ai réservé une table pour huit, vous en êtes ?",
		"On en est ! À quelle heure ?",
		"19 h 30 pour avoir le soleil sur la rivière. Prenez un pull, ça tombe vite.",
		"Noté. On covoiture ? On peut passer vous prendre à 19 h."}},
	{time.May, "Voisins", true, "Fête des voisins", []string{
		"Bonjour {prenom},\n\nJulien installe les tables dans l'impasse {jour} pour la fête des voisins. Pourriez-vous prêter vos deux bancs, comme l'an dernier ?",
		"Avec plaisir, et je ferai deux tartes aux fraises. Il faudra quelqu'un pour porter les bancs, mon dos ne veut plus.",
		"Julien et Thomas viendront les chercher à 17 h. Merci mille fois !"}},
	{time.June, "Famille", true, "Photos du gala de piano", []string{
		"Voici enfin les nouvelles du gala : Lou a joué sans une faute et a salué trois fois. Irina était très contente d'elle.",
		"Quelle fierté ! Ta grand-mère jouait le même morceau. Tu nous enverras la vidéo ?",
		"Julien la met sur une clé, je vous la donne cet été."}},
	{time.June, "Travail", false, "Réception du chantier de la cour", []string{
		"Camille, la réception de la cour d'école est fixée à jeudi prochain, 9 h. Il reste la clôture et deux fosses de plantation à reprendre.",
		"J'y serai. J'apporte la liste des réserves : quatre points, dont l'arrosage qui fuit au pied du tilleul.",
		"Merci. L'entreprise s'engage à tout lever sous dix jours.",
		"Je repasserai vérifier avant les congés."}},
	{time.June, "Amis", false, "Garde du chat", []string{
		"On part trois semaines en juillet. Est-ce que Lou voudrait encore venir nourrir Pistache ? Dix euros la semaine, croquettes non comprises.",
		"Elle a dit oui avant que je finisse de lire. Tu lui montreras où est la litière ?",
		"Parfait. Passez mercredi pour le mode d'emploi."}},
	{time.July, "Famille", true, "Bien arrivés à Saint-Palais", []string{
		"Bien arrivés ! Le gîte est à dix minutes de la plage à pied, les enfants sont déjà pleins de sable. Il fait 27 degrés et l'eau est bonne, enfin selon Julien.",
		"Profitez bien ! Ici on arrose matin et soir. N'oubliez pas la crème.",
		"Promis. On rentre le samedi, avec un cageot de melons pour vous."}},
	{time.July, "Amis", false, "Le 14 juillet", []string{
		"Vous regardez le feu d'artifice d'où cette année ? On pensait au pont de la Basse-Chaîne.",
		"Pareil. On amène une nappe et les enfants en pyjama, comme ça ils s'endorment dans la voiture.",
		"Stratégie imparable. À 22 h devant la fontaine ?"}},
	{time.August, "Famille", false, "Confitures", []string{
		"J'ai fait vingt-deux pots de mirabelles. Je vous en garde combien ?",
		"Six, si ce n'est pas trop ! Malo en mange à la petite cuillère.",
		"Va pour huit alors. Tu les prendras quand tu viendras chercher les vélos."}},
	{time.August, "Amis", true, "Retour de vacances", []string{
		"{prenom}, nous voilà rentrés. Merci d'avoir arrosé les tomates, on n'en a jamais eu autant. Vous venez en manger {jour} ?",
		"Avec plaisir. On apporte du rosé et nos photos, prépare-toi.",
		"Courageux, nous sommes. À {jour}, 19 h."}},
	{time.September, "École", true, "Inscription à la cantine", []string{
		"Bonjour,\n\nPouvez-vous me confirmer que Lou et Malo sont bien inscrits à la cantine les lundis, mardis, jeudis et vendredis ?",
		"Bonjour Madame,\n\nJe vous le confirme pour les deux enfants. La régie vous enverra la facture chaque mois, prélevée le 10.",
		"Merci pour votre réponse rapide."}},
	{time.September, "Amis", false, "Covoiturage du foot", []string{
		"Salut, on reprend le covoiturage du samedi ? Je peux faire les semaines paires.",
		"Oui, on prend les impaires. L'entraînement commence à 10 h, il faut partir à 9 h 40.",
		"Vendu. Malo a-t-il de nouveaux crampons ? Les nôtres ont pris deux pointures.",
		"Il les essaie dans le salon en ce moment même…"}},
	{time.September, "Travail", true, "Télétravail du mercredi", []string{
		"{prenom}, je te confirme que je garde le mercredi à la maison cette année. Je reste joignable toute la journée.",
		"Pas de souci. On met la réunion d'équipe le mardi à 14 h pour que tout le monde y soit.",
		"Merci, c'est noté dans l'agenda."}},
	{time.October, "Famille", true, "Toussaint à Bordeaux", []string{
		"Antoine nous attend pour quatre jours. On prend le train de 9 h 12 le samedi, arrivée à 12 h 40.",
		"Embrassez-le pour nous. Et dites-lui de répondre au téléphone de temps en temps !",
		"Je transmettrai mot pour mot."}},
	{time.October, "Artisans", true, "Entretien de la chaudière", []string{
		"Bonjour Monsieur Maufras,\n\nL'entretien annuel de notre chaudière à gaz est à faire ce mois-ci. Auriez-vous un créneau un samedi ?",
		"Bonjour,\n\nJe peux passer {jour} entre 8 h et 10 h. Le forfait est toujours de 139 €, attestation comprise.",
		"C'est parfait, à {jour}."}},
	{time.October, "Amis", false, "Bourse aux vêtements", []string{
		"La bourse aux vêtements d'hiver a lieu {jour} dans la salle des fêtes. J'y vais à l'ouverture, je te garde quelque chose ?",
		"Oh oui : une combinaison de ski taille 8 ans si tu en vois une, et des bottes en 35.",
		"Mission acceptée.",
		"Tu es la meilleure. Je te rembourse en gâteau au chocolat."}},
	{time.November, "Famille", false, "Cadeaux des enfants", []string{
		"Je commence à penser à Noël. Lou veut-elle toujours des jumelles ? Et Malo, les briques ou le train ?",
		"Les jumelles, oui, les siennes sont cassées. Malo : le train, sans hésiter. Claire prend les briques.",
		"Je m'occupe de tout, ne dites rien aux petits."}},
	{time.November, "Amis", true, "Soirée jeux", []string{
		"{prenom}, on vient de recevoir « Archipel ». Il faut quatre cerveaux. Vous êtes libres {jour} ?",
		"Libres et invaincus. On apporte le dessert.",
		"Le dernier qui a dit ça a fini dernier. 20 h !"}},
	{time.November, "Voisins", false, "Colis chez moi", []string{
		"Bonjour Camille, le livreur a laissé un carton pour vous chez moi. Il est lourd, envoyez plutôt Julien !",
		"Merci {prenom} ! C'est l'étagère. Julien passe ce soir vers 19 h."}},
	{time.December, "Famille", true, "Qui apporte quoi à Noël ?", []string{
		"Pour le 24 : nous apportons la bûche et les vins. Claire fait l'entrée. Il reste le plat, les huîtres et le pain.",
		"Je fais le chapon, comme prévu. Ton beau-père se charge des huîtres, il a commandé dix douzaines, je n'ai rien pu faire.",
		"Dix douzaines… Je préviens Julien de s'entraîner.",
		"Arrivez vers 17 h, les enfants décoreront la table."}},
	{time.December, "Amis", false, "Réveillon", []string{
		"On fait quelque chose de simple le 31 : raclette, jeux, et ceux qui veulent dorment sur place. Ça vous tente ?",
		"Beaucoup ! On ramène un fromage fumé et les duvets.",
		"Parfait. Malo peut amener son pyjama dinosaure, il fait l'unanimité."}},
	{time.December, "Travail", false, "Fermeture de l'atelier", []string{
		"Bonjour à tous,\n\nL'atelier ferme du 24 au soir au 2 janvier. Pensez à poser vos congés et à couper les radiateurs de votre bureau.",
		"C'est posé pour moi. J'ai laissé le dossier des Tanneurs à jour sur le serveur.",
		"Merci Camille, bonnes fêtes à toute la famille."}},
	{0, "Amis", true, "Recette", []string{
		"{prenom}, tu peux me renvoyer la recette de ta tarte aux noix ? Julien en parle en dormant.",
		"200 g de noix, 120 g de sucre, 20 cl de crème, deux œufs, une pâte sablée. 35 minutes à 180 degrés. Le secret : une pincée de sel.",
		"Une pincée, c'est noté. Merci !"}},
	{0, "Famille", false, "Nouvelles", []string{
		"Pas de nouvelles, bonnes nouvelles ? Ici tout va bien, le jardin s'ennuie de toi. Comment va Lou avec son piano ?",
		"Tout va bien, juste débordés. Lou prépare une sonatine et Malo a perdu une dent. On t'appelle {jour}.",
		"La souris est-elle passée au moins ?",
		"Bien sûr, avec une pièce de deux euros. L'inflation."}},
	{0, "Amis", false, "Film de vendredi", []string{
		"Ils passent un vieux film muet avec un pianiste au cinéma Les Remparts vendredi. Tu viens ?",
		"Julien garde les enfants, donc oui ! On mange une crêpe avant ?",
		"Au Chat Perché à 19 h. Je réserve."}},
	{0, "Travail", false, "Relecture de la notice", []string{
		"Camille, peux-tu relire la notice de la promenade de l'Aubance avant ce soir ? Trois pages, surtout la partie sur les sols.",
		"Relu. J'ai corrigé le chiffre de la perméabilité et deux fautes. Pour moi c'est bon.",
		"Merci, envoyé."}},
	{0, "Santé", true, "Résultats d'analyse", []string{
		"Bonjour,\n\nJ'ai reçu les résultats de ma prise de sang par le laboratoire. Faut-il prendre rendez-vous ?",
		"Bonjour Madame Vasseur,\n\nLe docteur les a lus : tout est dans les normes, pas besoin de revenir avant le prochain contrôle.",
		"Merci, bonne journée."}},
}

// A circular is a message an organisation sends to everybody once a year.
type circular struct {
	month   time.Month
	dom     int
	from    string // key of a person
	subject string
	text    string
	sheet   bool // comes with a page to print
}

var circulars = []circular{
	{time.September, 2, "directeur", "Circulaire de rentrée", "Bonjour,\n\nVous trouverez en pièce jointe la circulaire de rentrée {annee}. Les horaires ne changent pas : 8 h 30 - 11 h 45 et 13 h 30 - 16 h 15. La réunion des parents aura lieu mi-septembre.\n\nPascal Quémener, directeur", true},
	{time.September, 11, "maitresse", "Réunion de rentrée de la classe", "Bonjour,\n\nJe vous attends mardi à 18 h dans la classe pour vous présenter l'année. La réunion dure une heure, les enfants restent à la maison.\n\nDelphine Roussillac", false},
	{time.September, 18, "foot", "Reprise des entraînements", "Bonjour à tous,\n\nLes entraînements des U8 reprennent samedi à 10 h au stade des Trois-Mares. Pensez au certificat et à la gourde.\n\nJérôme", false},
	{time.October, 6, "directeur", "Élection des parents d'élèves", "Bonjour,\n\nLe vote pour les représentants des parents a lieu vendredi de 8 h à 12 h dans le hall. Le vote par correspondance est possible.\n\nLa direction", false},
	{time.October, 13, "maitresse", "Sortie à la ferme", "Bonjour,\n\nLa classe ira à la ferme pédagogique jeudi prochain. Prévoir un pique-nique, des bottes et 6,50 € dans une enveloppe au nom de l'enfant.\n\nDelphine Roussillac", false},
	{time.November, 10, "foot", "Tournoi en salle", "Bonjour,\n\nLe tournoi de Noël se jouera en salle le deuxième samedi de décembre. Merci de confirmer la présence de votre enfant et d'apporter un gâteau.\n\nJérôme", false},
	{time.November, 24, "maitresse", "Rendez-vous individuels", "Bonjour,\n\nLes rendez-vous individuels ont lieu la première semaine de décembre. Le livret de Malo vous sera remis à cette occasion.\n\nDelphine Roussillac", false},
	{time.December, 4, "piano", "Audition de Noël", "Chers parents,\n\nL'audition de Noël se tient le mercredi avant les vacances à 18 h au conservatoire. Lou jouera en troisième position, merci d'arriver un quart d'heure avant.\n\nIrina Volkonska", false},
	{time.December, 12, "directeur", "Marché de Noël de l'école", "Bonjour,\n\nLe marché de Noël ouvre vendredi à 16 h 30. Les gâteaux et les bras pour monter les stands sont les bienvenus.\n\nL'équipe des Capucines", false},
	{time.January, 9, "directeur", "Inscriptions à la classe de découverte", "Bonjour,\n\nVous trouverez en pièce jointe le bulletin d'inscription à la classe de découverte de mai. Le coût est de 210 €, payable en trois fois.\n\nPascal Quémener", true},
	{time.January, 20, "foot", "Photo du club", "Bonjour,\n\nLa photo des équipes sera prise samedi après l'entraînement. Maillot propre, lacets faits.\n\nJérôme", false},
	{time.February, 3, "maitresse", "Carnaval", "Bonjour,\n\nLe carnaval a lieu vendredi. Thème de l'année : les oiseaux. Les costumes faits à la maison seront les plus beaux.\n\nDelphine Roussillac", false},
	{time.March, 8, "piano", "Changement d'horaire", "Chère Camille,\n\nLe cours de Lou passera à 16 h 30 au lieu de 16 h pendant deux semaines. J'espère que cela vous convient.\n\nIrina", false},
	{time.March, 17, "directeur", "Grève du 24", "Bonjour,\n\nTrois classes seront fermées le 24. Un service minimum d'accueil est assuré par la mairie de quartier.\n\nLa direction", false},
	{time.March, 28, "maitresse", "Semaine des mathématiques", "Bonjour,\n\nLes élèves ont préparé des énigmes pour leurs parents. Venez les résoudre vendredi à 16 h !\n\nDelphine Roussillac", false},
	{time.April, 4, "foot", "Stage de printemps", "Bonjour,\n\nUn stage est proposé la première semaine des vacances, de 9 h à 17 h. 85 € la semaine, repas compris.\n\nJérôme", false},
	{time.May, 5, "maitresse", "Classe de découverte : le trousseau", "Bonjour,\n\nLa liste du trousseau est jointe à ce message. Tout doit être marqué au nom de l'enfant. Pas de téléphone, pas de bonbons.\n\nDelphine Roussillac", true},
	{time.May, 19, "directeur", "Kermesse : appel aux volontaires", "Bonjour,\n\nLa kermesse aura lieu le troisième samedi de juin. Il nous manque du monde pour la pêche à la ligne et la buvette.\n\nL'équipe des Capucines", false},
	{time.June, 2, "piano", "Gala de fin d'année", "Chers parents,\n\nLe gala aura lieu le dernier mercredi de juin à 19 h. Répétition générale la veille à 17 h.\n\nIrina Volkonska", false},
	{time.June, 10, "foot", "Assemblée générale et goûter", "Bonjour,\n\nL'assemblée générale du club se tient vendredi à 19 h, suivie d'un goûter. Les inscriptions pour la saison prochaine sont ouvertes.\n\nJérôme", false},
	{time.June, 24, "directeur", "Listes des fournitures", "Bonjour,\n\nLa liste des fournitures pour la rentrée est jointe. Bonnes vacances à tous !\n\nPascal Quémener", true},
}
