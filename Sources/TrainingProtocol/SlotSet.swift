/// Slots that a worker holds: in order, each once.
///
/// Mostly one contiguous range. After a loss in the middle of a step the survivors keep what they hold, and the
/// lost slots are spread over them, so that a set may have gaps.
public struct SlotSet: Hashable, Sendable {
    /// Ascending, none empty, none touching the next.
    public private(set) var ranges: [Range<Int>] = []

    public init() {}

    public init(_ range: Range<Int>) {
        if !range.isEmpty { ranges = [range] }
    }

    /// - Parameter slots: In any order; those named twice are held once.
    public init(_ slots: some Sequence<Int>) {
        for slot in slots.sorted() { append(slot..<slot + 1) }
    }

    /// - Parameter ranges: In any order; they may touch and overlap.
    public init(ranges: some Sequence<Range<Int>>) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) { append(range) }
    }

    private mutating func append(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if let last = ranges.last, last.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] =
                last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
            ranges.append(range)
        }
    }

    public var isEmpty: Bool { ranges.isEmpty }
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// All slots, ascending.
    public var slots: [Int] { ranges.flatMap { Array($0) } }

    public func contains(_ slot: Int) -> Bool { ranges.contains { $0.contains(slot) } }

    /// Whether every slot of a range is held.
    public func contains(_ range: Range<Int>) -> Bool {
        range.isEmpty
            || ranges.contains {
                $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
            }
    }

    public func union(_ other: SlotSet) -> SlotSet { SlotSet(ranges: ranges + other.ranges) }

    public func subtracting(_ other: SlotSet) -> SlotSet {
        var rest = SlotSet()
        var cuts = other.ranges[...]
        for range in ranges {
            var first = range.lowerBound
            cuts = cuts.drop { $0.upperBound <= first }
            for cut in cuts.prefix(while: { $0.lowerBound < range.upperBound }) {
                if first < cut.lowerBound { rest.append(first..<cut.lowerBound) }
                first = cut.upperBound
            }
            if first < range.upperBound { rest.append(first..<range.upperBound) }
        }
        return rest
    }
}

extension SlotSet: TextCodable {
    /// As `0-3 7`, or `-` for none.
    public var description: String {
        if ranges.isEmpty { return "-" }
        return ranges.map { range in
            range.count == 1
                ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound - 1)"
        }.joined(separator: " ")
    }

    /// Reads what `description` writes.
    public init?(_ text: String) {
        self.init()
        if text == "-" { return }
        for word in text.split(separator: " ") {
            let ends = word.split(separator: "-").map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first <= last, first >= ranges.last?.upperBound ?? 0, last < .max
            else { return nil }
            append(first..<last + 1)
        }
        if ranges.isEmpty { return nil }
    }
}
