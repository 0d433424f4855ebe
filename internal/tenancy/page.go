package tenancy

// Page asks for a part of a list that is ordered by id.
type Page struct {
	Limit int      // 1 to 100
	After [16]byte // the id of the last item of the page before; zero: the first page
}
