/// Each reader returns the fallback (or a harmless stand-in, where the key is required) for a value
/// that could not be read; the problem is reported, so the stand-in is never used.
extension SectionReader {
    mutating func integer(_ key: String, default fallback: Int? = nil) -> Int {
        value(key, default: fallback, wanted: "a whole number", parse: \.integer) ?? 1
    }

    mutating func unsigned(_ key: String, default fallback: UInt64) -> UInt64 {
        value(key, default: fallback, wanted: "a whole number from 0 to \(UInt64.max)") { node in
            node.number(UInt64.init)
        } ?? fallback
    }

    /// A whole number or `null`.
    mutating func optionalInteger(_ key: String) -> Int? {
        let none: Int?? = .some(nil)
        return value(key, default: none, wanted: "a whole number or null") { node -> Int?? in
            node.isNull ? none : node.integer.map(Optional.some)
        } ?? nil
    }

    mutating func integers(_ key: String, default fallback: [Int]) -> [Int] {
        value(key, default: fallback, wanted: "a list of whole numbers", example: "[2, 2, 2, 2]") {
            guard case .list(let elements) = $0.content else { return nil }
            let numbers = elements.compactMap(\.integer)
            return numbers.count == elements.count ? numbers : nil
        } ?? fallback
    }

    /// A whole list of texts.
    mutating func texts(_ key: String, default fallback: [String], example: String) -> [String] {
        value(key, default: fallback, wanted: "a list of texts", example: example) {
            guard case .list(let elements) = $0.content else { return nil }
            let texts = elements.compactMap { element -> String? in
                guard case .scalar(let text, _) = element.content, !element.isNull else {
                    return nil
                }
                return text
            }
            return texts.count == elements.count ? texts : nil
        } ?? fallback
    }

    /// A text or `null`.
    mutating func optionalText(_ key: String) -> String? {
        let none: String?? = .some(nil)
        return value(key, default: none, wanted: "a text or null") { node -> String?? in
            if node.isNull { return none }
            guard case .scalar(let text, _) = node.content else { return nil }
            return .some(text)
        } ?? nil
    }

    /// A number or `null`.
    mutating func optionalNumber(_ key: String) -> Double? {
        let none: Double?? = .some(nil)
        return value(key, default: none, wanted: "a number or null") { node -> Double?? in
            node.isNull ? none : node.real.map(Optional.some)
        } ?? nil
    }

    /// Two numbers, the first no greater than the second.
    mutating func range(
        _ key: String, default fallback: ClosedRange<Double>
    ) -> ClosedRange<Double> {
        value(
            key, default: fallback, wanted: "two numbers, the first no greater than the second",
            example: "[0.5, 2]", parse: \.range) ?? fallback
    }

    /// Two numbers, the first no greater than the second, or `null`.
    mutating func optionalRange(_ key: String, example: String) -> ClosedRange<Double>? {
        let none: ClosedRange<Double>?? = .some(nil)
        return value(
            key, default: none,
            wanted: "two numbers, the first no greater than the second, or null", example: example
        ) { node -> ClosedRange<Double>?? in
            node.isNull ? none : node.range.map(Optional.some)
        } ?? nil
    }

    mutating func number(_ key: String, default fallback: Double) -> Double {
        value(key, default: fallback, wanted: "a number", parse: \.real) ?? fallback
    }

    mutating func flag(_ key: String, default fallback: Bool) -> Bool {
        value(key, default: fallback, wanted: "true or false") { node in
            switch node.content {
            case .scalar("true", quoted: false): true
            case .scalar("false", quoted: false): false
            default: nil
            }
        } ?? fallback
    }

    mutating func text(_ key: String, default fallback: String? = nil) -> String {
        value(key, default: fallback, wanted: "a text") { node in
            guard case .scalar(let text, _) = node.content, !node.isNull else { return nil }
            return text
        } ?? "stand-in"
    }

    mutating func choice<Choice>(_ key: String, default fallback: Choice?) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let names = Choice.allCases.map(\.rawValue)
        let wanted = "one of \(names.joined(separator: ", "))"
        let chosen = value(key, default: fallback, wanted: wanted) { node -> Choice? in
            guard case .scalar(let text, _) = node.content else { return nil }
            return Choice(rawValue: text)
        }
        return chosen ?? fallback ?? Choice.allCases.first!
    }

    /// A number of bytes, plain or with KiB, MiB or GiB.
    mutating func bytes(_ key: String, default fallback: Int) -> Int {
        value(
            key, default: fallback, wanted: "a number of bytes, plain or in KiB, MiB or GiB",
            example: "64 MiB"
        ) { node in
            guard case .scalar(let text, quoted: false) = node.content else { return nil }
            return ByteCount.parse(text)
        } ?? fallback
    }

    /// A time with its unit, ms, s or min.
    mutating func duration(_ key: String, default fallback: Duration) -> Duration {
        value(
            key, default: fallback, wanted: "a time with its unit, ms, s or min", example: "2 s"
        ) { node in
            guard case .scalar(let text, quoted: false) = node.content else { return nil }
            return TimeSpan.parse(text)
        } ?? fallback
    }

    /// A number of steps or epochs.
    mutating func cadence(
        _ key: String, default fallback: TrainingConfiguration.Cadence
    ) -> TrainingConfiguration.Cadence {
        value(
            key, default: fallback, wanted: "a number of steps or epochs with its unit",
            example: "100 steps"
        ) { node in
            guard case .scalar(let text, quoted: false) = node.content else { return nil }
            return TrainingConfiguration.Cadence(parsing: text)
        } ?? fallback
    }
}

extension ConfigurationNode {
    fileprivate var integer: Int? {
        number { Int($0) }
    }

    /// A decimal number; no infinity, no hexadecimal.
    fileprivate var real: Double? {
        guard case .scalar(let text, quoted: false) = content else { return nil }
        guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
        guard let value = Double(text), value.isFinite else { return nil }
        return value == 0 ? 0 : value
    }

    /// Two numbers in order.
    fileprivate var range: ClosedRange<Double>? {
        guard case .list(let elements) = content, elements.count == 2,
            let low = elements[0].real, let high = elements[1].real, low <= high
        else { return nil }
        return low...high
    }

    /// A whole decimal number. Leading zeros are refused: YAML 1.1 reads them as octal.
    fileprivate func number<Whole: FixedWidthInteger>(_ make: (String) -> Whole?) -> Whole? {
        guard case .scalar(let text, quoted: false) = content else { return nil }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        if digits.count > 1 && digits.first == "0" { return nil }
        return make(text)
    }
}
