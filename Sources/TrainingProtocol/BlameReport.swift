/// Why a step was given up in the middle: who is to blame, and what everyone was at.
public struct BlameReport: Sendable, Equatable {
    /// A member at the moment of the abort.
    public struct Line: Sendable, Equatable {
        public var worker: WorkerID
        public var host: String
        public var activity: Activity
        public var finished: SlotSet
        public var slots: SlotSet
        /// Whom its reduction waits for, from which chunk on, and what has come.
        public var awaiting: Awaiting?
        public var awaited: [WorkerID]
        /// How long ago it last came any further, as far as its heartbeats tell.
        public var age: Duration
    }

    public var step: Step
    public var generation: Generation
    public var reason: String
    /// The worker that is lost, where it is one.
    public var culprit: Line?
    /// The others, in rank order.
    public var members: [Line]
    /// Slots whose results are lost with it, and are dealt again.
    public var lostSlots: SlotSet
}

extension BlameReport.Line: CustomStringConvertible {
    private static let mostNames = 8

    /// As `worker 3 (node7) reducing, 2 slots done of 2 5, waits for worker 1 at chunk 4 of 12 with 3145728 bytes
    /// come, 0.3 s old`.
    public var description: String {
        var parts = ["worker \(worker) (\(host)) \(activity.rawValue)"]
        if !slots.isEmpty { parts.append("\(finished.count) done of slots \(slots)") }
        if let awaiting, !awaited.isEmpty {
            let names = awaited.prefix(Self.mostNames).map(\.description).joined(separator: ", ")
            let more = awaited.count - Self.mostNames
            parts.append(
                "waits for worker \(names)\(more > 0 ? " and \(more) more" : "") at chunk \(awaiting.chunk) of \(awaiting.chunks), "
                    + "\(awaiting.bytes) bytes came")
        }
        parts.append("\(age.secondsText) old")
        return parts.joined(separator: ", ")
    }
}
