package vault

import "penates/internal/vault/twice"

// Sure is the confidence from which a link same_as is taken for true: the document
// it starts from is then told more fully by another, and sums leave it out.
const Sure = twice.Sure
