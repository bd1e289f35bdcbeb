// The names of things. Each is a type of its own, so that a rank cannot be passed for a slot.

/// A number that is one thing and not another.
public protocol Identifier: RawRepresentable, Hashable, Comparable, Sendable, Codable,
    CustomStringConvertible
where RawValue: FixedWidthInteger & Codable & Sendable {
    init(rawValue: RawValue)
}

extension Identifier {
    public init(_ rawValue: RawValue) { self.init(rawValue: rawValue) }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
    /// The one after this.
    public var next: Self { Self(rawValue: rawValue + 1) }
}

/// One training run: drawn when its directory is made, kept through every resumption.
public struct RunID: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public var description: String { rawValue.hexadecimal }
}

/// One life of a run's coordinator; rises each time that a coordinator takes up the run.
public struct Term: Identifier {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// Rises with every change of membership and every aborted step.
public struct Generation: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A synchronous update, counted from 1. The state after step k is called the state of step k; step 0 names
/// the state before any update.
public struct Step: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A pass over the training split, counted from 0.
public struct Epoch: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A logical shard of a step, counted from 0.
public struct Slot: Identifier {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A clip's row in its split.
public struct SampleID: Identifier {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A worker process, numbered by the coordinator in the order of joining, from 1.
public struct WorkerID: Identifier {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A worker's place among the members of a generation, from 0.
public struct Rank: Identifier {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
}

/// 128 bits that stand for content: equal where the content is equal.
public struct Digest: Hashable, Sendable, TextCodable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits.
    public var description: String { high.hexadecimal + low.hexadecimal }

    /// Reads what `description` writes.
    public init?(_ text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}

extension UInt64 {
    /// 16 hexadecimal digits.
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
