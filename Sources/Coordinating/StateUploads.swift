import Tensors
import Training
import TrainingProtocol
import ZeroMQ

/// The state that is being uploaded, and what became of those before it.
///
/// One upload is under way at a time. Where its sender dies another worker is asked for the same step, and its
/// pieces must not mix with those that lie here already or come late: every upload has a number of its own.
struct StateUploads {
    struct Key: Equatable {
        let step: Step
        /// The number that the sender drew.
        let upload: UInt64
    }

    private struct Upload {
        let key: Key
        let state: TrainingState
        /// Bytes that have come, a set a vector.
        var received: [RangeSet<Int>]

        init(_ key: Key, _ layout: TrainingState.Layout) {
            self.key = key
            state = TrainingState(layout: layout)
            received = layout.vectors.map { _ in RangeSet() }
        }

        var isWhole: Bool {
            zip(received, state.vectors).allSatisfy { ranges, vector in
                vector.bytes.isEmpty || ranges.ranges.elementsEqual([0..<vector.bytes.count])
            }
        }
    }

    /// Ended uploads to remember: pieces that come later than so many others are lost in no network.
    private static let remembered = 64

    private let layout: TrainingState.Layout
    private var current: Upload?
    private var completed: [Key] = []
    private var superseded: [Key] = []
    private var newest = Step(0)

    init(_ layout: TrainingState.Layout) { self.layout = layout }

    /// Takes in a piece that fits its vector.
    ///
    /// The first piece of an upload that is not known begins it, and ends the one under way, unless it is of an
    /// older step. A piece of a complete upload changes nothing: its first acknowledgement was lost.
    ///
    /// - Returns: The state, when it is whole.
    mutating func take(
        _ bulk: Message, vector: Int, offset: Int, of key: Key
    ) throws(CoordinatingError) -> TrainingState? {
        if completed.contains(key) { return nil }
        guard key.step >= newest, !superseded.contains(key) else {
            throw .upload(problem: "that of step \(key.step) gave way to one of step \(newest)")
        }
        if current?.key != key {
            if let current { Self.remember(current.key, in: &superseded) }
            current = Upload(key, layout)
            newest = key.step
        }
        guard let upload = current else { return nil }
        bulk.withUnsafeBytes { upload.state.vectors[vector].bytes[offset...].copyBytes(from: $0) }
        current?.received[vector].insert(contentsOf: offset..<offset + bulk.count)
        guard current?.isWhole == true else { return nil }
        Self.remember(key, in: &completed)
        current = nil
        return upload.state
    }

    private static func remember(_ key: Key, in keys: inout [Key]) {
        keys.append(key)
        if keys.count > remembered { keys.removeFirst() }
    }
}
