package dataset

// Seed is the seed of the demo and of the published figures.
const Seed = 20110726

// random is the splitmix64 generator (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
// It is spelled out here because a row must stay what it is when a library changes.
type random uint64

// rowRandom starts a sequence of its own for each row.
func rowRandom(seed, row uint64) *random {
	r := random(seed*0x9e3779b97f4a7c15 ^ row)
	r = random(r.next()) // neighbouring rows begin with unrelated states
	return &r
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number in [0, n).
func (r *random) below(n int64) int64 { return int64(r.next() % uint64(n)) }

// between returns a number in [low, high].
func (r *random) between(low, high int64) int64 { return low + r.below(high-low+1) }

// oneIn is true once in n times.
func (r *random) oneIn(n int64) bool { return r.below(n) == 0 }

// pick returns one of the texts.
func (r *random) pick(texts []string) string { return texts[r.below(int64(len(texts)))] }
