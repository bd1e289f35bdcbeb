/// Where a run stands, in one line as long as there is room.
struct ProgressText {
    /// Something that is told, in words and in short.
    struct Part {
        let words: String
        let short: String

        init(_ words: String, short: String? = nil) {
            self.words = words
            self.short = short ?? words
        }
    }

    /// In the order in which they are shown.
    var parts: [Part]
    /// How much is done, 0 to 1.
    var share: Double
    /// Places in `parts`, of what is left out first where there is no room.
    var leastImportant: [Int]

    /// Everything, in words.
    var whole: String { parts.map(\.words).joined(separator: Self.gap) }

    private static let gap = "  "
    private static let widestBar = 16
    private static let narrowestBar = 6

    /// With a bar behind the first part. First it is told in short, then the bar shrinks, then parts are left out: a line
    /// that wraps cannot be rewritten.
    func fitted(to columns: Int) -> String {
        let words = parts.map(\.words)
        var shown = parts.map(\.short).map(Optional.some)
        for texts in [words.map(Optional.some), shown] {
            if let line = line(texts, within: columns, bar: Self.widestBar) { return line }
        }
        for place in [nil] + leastImportant.map(Optional.some) {
            if let place { shown[place] = nil }
            let room = columns - width(shown) - Self.gap.count
            if room >= Self.narrowestBar,
                let line = line(shown, within: columns, bar: min(Self.widestBar, room))
            {
                return line
            }
        }
        return String(shown.compactMap(\.self).joined(separator: Self.gap).prefix(max(0, columns)))
    }

    private func width(_ texts: [String?]) -> Int {
        let shown = texts.compactMap(\.self)
        return shown.reduce(0) { $0 + $1.count } + Self.gap.count * max(0, shown.count - 1)
    }

    private func line(_ texts: [String?], within columns: Int, bar width: Int) -> String? {
        var shown = texts.compactMap(\.self)
        shown.insert(bar(width), at: min(1, shown.count))
        let line = shown.joined(separator: Self.gap)
        return line.count <= columns ? line : nil
    }

    private func bar(_ width: Int) -> String {
        let done = max(0, min(width, Int(share * Double(width))))
        return String(repeating: "█", count: done) + String(repeating: "░", count: width - done)
    }
}
