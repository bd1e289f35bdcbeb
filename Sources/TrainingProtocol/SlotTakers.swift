/// Who takes the next slot: the member that would end first with one slot more; the first of several.
///
/// A binary heap, so that ten thousand slots are dealt to ten thousand members within milliseconds.
struct SlotTakers {
    /// Slots of each member that are still to be computed.
    private(set) var counts: [Int]
    private let paces: [Double]
    /// Members that take slots; the one at the root is next.
    private var heap: [Int]

    init(_ shares: [SlotAssignment.Share], having counts: [Int]) {
        self.counts = counts
        paces = shares.map(\.pace)
        heap = shares.indices.filter { shares[$0].isTaking }
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: place) }
    }

    /// Gives one more slot; to the first member where none takes any.
    mutating func giveOne() {
        counts[heap.first ?? 0] += 1
        sink(from: 0)
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        let end = Double(counts[one] + 1) * paces[one]
        let otherEnd = Double(counts[other] + 1) * paces[other]
        return end == otherEnd ? one < other : end < otherEnd
    }

    private mutating func sink(from place: Int) {
        var parent = place
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && isBefore(heap[child], heap[least]) { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
