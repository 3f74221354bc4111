package matching

import (
	"context"
	"encoding/binary"
	"slices"

	"techmarket/search"
	"techmarket/search/zh"
)

// digest is what measuring needs of a document's text. Cutting a text into words is nine tenths of the cost of scoring it, so it is done
// when the document is indexed (Prepared) and comes back with the candidate.
type digest struct {
	text  string // normalised
	bag   []wordCount
	head  []uint32 // words of the title, or of the first sentence
	words int
	topic []float32 // of the model in use; not kept
}

func newDigest(a *zh.Analyzer, d search.Document) *digest {
	full := clip(fullText(d), queryRunes)
	words := a.Words(full)
	head := d.Title
	if head == "" {
		if sentences := sentencesOf(clip(d.Body, 4*headMost)); len(sentences) > 0 {
			head = clip(sentences[0], headMost)
		}
	}
	out := &digest{text: a.Normalize(full), bag: bagOfWords(words), words: len(words)}
	for _, w := range a.Words(clip(head, headRunes)) {
		if h := hash(w); !slices.Contains(out.head, h) {
			out.head = append(out.head, h)
		}
	}
	return out
}

// headMost is how much of a text without a title stands for one.
const headMost = 50

// digestFormat is the first byte of a written digest; another format is made anew from the document.
const digestFormat = 3

func (d *digest) bytes() []byte {
	b := make([]byte, 0, 16+5*len(d.bag)+4*len(d.head)+len(d.text))
	b = append(b, digestFormat)
	b = binary.AppendUvarint(b, uint64(d.words))
	b = binary.AppendUvarint(b, uint64(len(d.bag)))
	for _, c := range d.bag {
		b = append(binary.LittleEndian.AppendUint32(b, c.word), c.count)
	}
	b = binary.AppendUvarint(b, uint64(len(d.head)))
	for _, w := range d.head {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return append(b, d.text...)
}

// readDigest reads what bytes wrote; nil when it is of another format or broken.
func readDigest(b []byte) *digest {
	if len(b) == 0 || b[0] != digestFormat {
		return nil
	}
	b = b[1:]
	words, n := binary.Uvarint(b)
	if n <= 0 {
		return nil
	}
	b = b[n:]
	bag, n := binary.Uvarint(b)
	if n <= 0 || bag > uint64(len(b)-n)/5 {
		return nil
	}
	b = b[n:]
	d := &digest{words: int(words), bag: make([]wordCount, bag)}
	for i := range d.bag {
		d.bag[i] = wordCount{binary.LittleEndian.Uint32(b), b[4]}
		b = b[5:]
	}
	head, n := binary.Uvarint(b)
	if n <= 0 || head > uint64(len(b)-n)/4 {
		return nil
	}
	b = b[n:]
	d.head = make([]uint32, head)
	for i := range d.head {
		d.head[i] = binary.LittleEndian.Uint32(b)
		b = b[4:]
	}
	d.text = string(b)
	return d
}

// Prepared puts matching's digest into every document on its way to an engine.
type Prepared struct {
	search.Engine
	Analyzer *zh.Analyzer
}

func (p Prepared) prepare(docs []search.Document) []search.Document {
	out := make([]search.Document, len(docs))
	inParallel(len(docs), func(i int) {
		out[i] = docs[i]
		out[i].Prepared = newDigest(p.Analyzer, docs[i]).bytes()
	})
	return out
}

// Index implements search.Engine.
func (p Prepared) Index(ctx context.Context, docs ...search.Document) error {
	return p.Engine.Index(ctx, p.prepare(docs)...)
}

// Rebuild implements search.Engine.
func (p Prepared) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	return p.Engine.Rebuild(ctx, func(emit func(...search.Document) error) error {
		return fill(func(docs ...search.Document) error { return emit(p.prepare(docs)...) })
	})
}
