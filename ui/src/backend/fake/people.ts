// The invented people and texts of the fake backend: three clients one could meet in one's town, and those who write to them.

export interface Said { text: string; lang?: 'fr' | 'en'; question?: boolean }

export const clients = [
  { id: 1, name: 'Boulangerie Perrin', letter: 'B', color: 1, handle: 'boulangerieperrin@mastodon.exemple', network: 'mastodon' },
  { id: 2, name: 'Théâtre des Quais', letter: 'T', color: 2, handle: 'theatredesquais@quais.exemple', network: 'mastodon' },
  { id: 3, name: 'Les Vélos d’Anjou', letter: 'V', color: 3, handle: 'velosdanjou@loire.exemple', network: 'mastodon' },
] as const;

export const first = ['Léa', 'Karim', 'Océane', 'Jean-Baptiste', 'Marthe', 'Yann', 'Sophie', 'Paul', 'Inès', 'Hugo', 'Aïcha', 'Théo', 'Camille', 'Noé', 'Fatou', 'Agnès', 'Loïc', 'Maëlys', 'Bertrand', 'Thi Mai', 'Élodie', 'Samir', 'Capucine', 'Rémi'];
export const last = ['Martin', 'Doucet', 'Pineau', 'Roy', 'Aubry', 'Nédélec', 'Garnier', 'Lenoir', 'Benali', 'Verdier', 'Diallo', 'Cosson', 'Moreau', 'Le Goff', 'Ndiaye', 'Fouquet', 'Tessier', 'Okafor'];

export const posts: Record<number, { text: string; alt: string | null; shares: number }[]> = {
  1: [
    { text: 'La galette est de retour dès demain 7 h : frangipane, pomme, et la briochée de la maison. Réservations au comptoir ou au 02 41 00 00 00.', alt: 'Une galette dorée sur une grille, une part déjà coupée', shares: 18 },
    { text: 'Nous cherchons une apprentie ou un apprenti pour la rentrée. Four à bois, horaires du matin, bonne humeur exigée.', alt: null, shares: 63 },
    { text: 'Fermeture exceptionnelle mardi : toute l’équipe part en formation au levain de seigle.', alt: 'La vitrine fermée, un mot écrit à la main', shares: 4 },
  ],
  2: [
    { text: 'Vernissage et lecture publique samedi 21 à 18 h, entrée libre. La troupe vous attend sur le plateau pour la première des « Heures claires ».', alt: 'La salle vide, rideau baissé', shares: 42 },
    { text: 'Abonnements 2027 : la billetterie ouvre lundi à 10 h. Trois formules, dont une pour les moins de vingt-six ans.', alt: 'L’affiche de la saison, un quai au petit matin', shares: 31 },
    { text: 'Merci aux 412 personnes d’hier soir. Le bord de scène s’est fini à minuit, et c’est grâce à vous.', alt: null, shares: 27 },
  ],
  3: [
    { text: 'La Loire à vélo, mode d’emploi : notre guide de dix boucles faciles au départ de Saumur est en ligne.', alt: 'Deux vélos posés contre un muret, la Loire derrière', shares: 55 },
    { text: 'Atelier réparation samedi matin : apportez votre vélo, on apporte les clés de 8 et le café.', alt: 'Un établi, des rustines, une cafetière', shares: 12 },
  ],
};

export const questions: Record<number, Said[]> = {
  1: [
    { text: 'Bonjour, faites-vous des gâteaux sans gluten pour les anniversaires ? 🎂', question: true },
    { text: 'Troisième fois que ma commande n’est pas prête à l’heure. Franchement décevant.' },
    { text: 'Vous êtes ouverts le lundi de Pâques ?', question: true },
    { text: 'Est-ce que la briochée contient des amandes ? Ma fille est allergique.', question: true },
    { text: 'Un grand merci à toute l’équipe pour la pièce montée, les mariés étaient ravis !' },
    { text: 'Peut-on payer en tickets restaurant ?', question: true },
    { text: 'Le pain de seigle de ce matin était brûlé dessous, c’est normal ?', question: true },
    { text: 'Hello! Do you deliver to the castle hotel on Sundays?', lang: 'en', question: true },
    { text: 'Meilleure baguette de la ville, et de loin.' },
    { text: 'Combien de parts pour la grande galette frangipane ?', question: true },
  ],
  2: [
    { text: 'Bonsoir, la représentation de samedi est-elle maintenue malgré la grève ? Nous venons d’Angers à six, dont deux personnes en fauteuil.', question: true },
    { text: 'Le lien de réservation renvoie une erreur sur téléphone.' },
    { text: 'Pourquoi aucune place à tarif réduit pour les demandeurs d’emploi ?', question: true },
    { text: 'Salle glaciale hier soir, ouvreur désagréable. Dommage, la pièce était belle.' },
    { text: 'Y a-t-il un entracte ? Combien de temps dure la pièce ?', question: true },
    { text: 'Peut-on venir avec un enfant de huit ans ?', question: true },
    { text: 'Quelle émotion, cette dernière scène… Merci.' },
    { text: 'Is there any surtitled performance this season?', lang: 'en', question: true },
    { text: 'Où peut-on garer un minibus près du théâtre ?', question: true },
    { text: 'Mon abonnement n’est toujours pas arrivé, commande du 3 novembre.' },
  ],
  3: [
    { text: 'Peut-on monter son vélo dans la navette de la gare de Saumur ?', question: true },
    { text: 'Article très utile. Une carte à imprimer serait parfaite.' },
    { text: 'La boucle 4 est-elle praticable avec une remorque enfant ?', question: true },
    { text: 'Louez-vous des vélos électriques à la demi-journée ?', question: true },
    { text: 'Attention, le pont de Montsoreau est fermé jusqu’à vendredi.' },
    { text: 'Deux pneus crevés le même jour avec vos vélos de location. On fait quoi ?', question: true },
    { text: 'Do you rent tandems? We are four, with two kids.', lang: 'en', question: true },
    { text: 'Super balade dimanche, merci pour les conseils !' },
  ],
};

export const also: string[] = [
  'Même question, le site ne dit rien.',
  'Pareil pour moi.',
  'Je crois que c’est écrit sur la page d’accueil.',
  'Merci d’avance !',
  'On attend votre réponse avec impatience.',
  'Je confirme, vu ce matin.',
];

export const thanks: Record<number, string> = {
  1: 'Bonjour et merci de votre message. Nous regardons cela avec l’équipe et revenons vers vous.',
  2: 'Bonsoir, merci de nous écrire. La billetterie vous répond dès demain 10 h.',
  3: 'Bonjour, bonne question ! Nous vérifions et nous vous disons.',
};

export const templates = [
  { id: 1, version: 3, code: 'merci', title: 'Merci', text: 'Merci beaucoup {{ prénom }}, votre message fait plaisir à toute l’équipe !', clients: [], uses: 41 },
  { id: 2, version: 1, code: 'retard', title: 'Commande en retard', text: 'Bonjour {{ prénom }}, nous sommes désolés de ce retard. Pouvez-vous nous redire votre numéro de commande ? Nous avons noté : {{ demander("numéro de commande") }}. Nous revenons vers vous avant ce soir.', clients: [1], uses: 12 },
  { id: 3, version: 2, code: 'pmr', title: 'Accès en fauteuil', text: 'Bonsoir {{ prénom }}, l’accès en fauteuil se fait par la cour, au 4 de la rue des Quais. Dites-nous votre heure d’arrivée, nous vous accueillerons : {{ demander("heure d’arrivée") }}.', clients: [2], uses: 9 },
  { id: 4, version: 1, code: 'maintenu', title: 'Représentation maintenue', text: 'Bonsoir {{ prénom }}, oui, la représentation est maintenue. Les trains étant perturbés, nous ouvrons les portes jusqu’à 18 h 20.', clients: [2], uses: 27 },
  { id: 5, version: 1, code: 'allergene', title: 'Allergènes', text: 'Bonjour {{ prénom }}, nos recettes contiennent gluten, œufs, lait et fruits à coque. La liste complète est affichée au comptoir, et nous répondons volontiers au téléphone.', clients: [1], uses: 15 },
  { id: 6, version: 1, code: 'navette', title: 'Vélo dans la navette', text: 'Bonjour {{ prénom }}, la navette prend jusqu’à six vélos. Il suffit de réserver la veille avant 18 h.', clients: [3], uses: 8 },
  { id: 7, version: 4, code: 'horaires', title: 'Horaires', text: 'Bonjour {{ prénom }}, nous vous accueillons du mardi au samedi. Au plaisir de vous voir !', clients: [], uses: 33 },
  { id: 8, version: 1, code: 'thanks', title: 'Thank you', text: 'Thank you {{ prénom }}, we are so glad you enjoyed it!', clients: [], uses: 6 },
] as const;
