/// A name in which `*` stands for any letters but a dot: `models.*.slow`.
struct NamePattern {
    private let parts: [[UInt8]]

    init(_ text: String) { parts = Self.parts(of: text) }

    /// Whether the pattern is the tensor's name, or that of a layer that holds it.
    func holds(_ name: String) -> Bool {
        let names = Self.parts(of: name)
        return parts.count <= names.count
            && zip(parts, names).allSatisfy { Self.matches($0, $1) }
    }

    private static func parts(of name: String) -> [[UInt8]] {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Array.init)
    }

    private static func matches(_ pattern: [UInt8], _ word: [UInt8]) -> Bool {
        // Whether what was read of the pattern matches the word's first letters, by their count.
        var matched = [true] + [Bool](repeating: false, count: word.count)
        for letter in pattern {
            if letter == UInt8(ascii: "*") {
                for count in matched.indices.dropFirst() where matched[count - 1] {
                    matched[count] = true
                }
            } else {
                for count in matched.indices.dropFirst().reversed() {
                    matched[count] = matched[count - 1] && word[count - 1] == letter
                }
                matched[0] = false
            }
        }
        return matched[word.count]
    }
}
