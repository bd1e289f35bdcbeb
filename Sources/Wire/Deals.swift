import SwiftProtobuf
import TrainingProtocol

import struct Foundation.Data

// Generations and what workers tell of themselves, in the generated types and back.

extension Lockstep_Slots {
    init(_ slots: SlotSet) {
        self.init()
        first = slots.ranges.map { UInt32($0.lowerBound) }
        count = slots.ranges.map { UInt32($0.count) }
    }

    /// Far more slots than anyone deals; sets are kept as ranges, but not everywhere.
    private static let most = 1 << 20

    func value() throws(WireError) -> SlotSet {
        guard first.count == count.count else { throw .malformed("unpaired slots") }
        guard zip(first, count).allSatisfy({ Int($0) + Int($1) <= Self.most }) else {
            throw .malformed("slots beyond \(Self.most)")
        }
        return SlotSet(ranges: zip(first, count).map { Int($0)..<Int($0) + Int($1) })
    }
}

extension Lockstep_Holding {
    init(_ holding: Holding) {
        self.init()
        step = holding.step.rawValue
        finished = Lockstep_Slots(holding.finished)
        if let digest = holding.reduced { reduced = Lockstep_Digest(digest) }
    }

    func value() throws(WireError) -> Holding {
        Holding(
            step: Step(try index(step, "a step")), finished: try finished.value(),
            reduced: hasReduced ? reduced.value : nil)
    }
}

extension Lockstep_Heartbeat {
    init(_ progress: Progress) {
        self.init()
        activity = progress.activity.rawValue
        if let step = progress.holds { holds = step.rawValue }
        finished = Lockstep_Slots(progress.finished)
        if let waited = progress.awaiting {
            awaiting = .with {
                $0.rank = waited.ranks.map { UInt32($0.rawValue) }
                $0.chunk = UInt32(clamping: waited.chunk)
                $0.chunks = UInt32(clamping: waited.chunks)
                $0.bytes = UInt64(waited.bytes)
            }
        }
    }

    func value() throws(WireError) -> Progress {
        guard let known = Activity(rawValue: activity) else {
            throw .malformed("an activity of \(activity.utf8.count) bytes")
        }
        var waited: Awaiting?
        if hasAwaiting {
            waited = Awaiting(
                ranks: awaiting.rank.map { Rank(Int($0)) }, chunk: Int(awaiting.chunk),
                chunks: Int(awaiting.chunks), bytes: try count(awaiting.bytes, "bytes"))
        }
        return Progress(
            activity: known, holds: hasHolds ? Step(try index(holds, "a step")) : nil,
            finished: try finished.value(), awaiting: waited)
    }
}

extension Lockstep_Next {
    init(_ next: NextAction) {
        self.init()
        switch next {
        case .halt: action = .halt
        case .step: action = .step
        case .evaluate(let blocks):
            action = .evaluate
            block = blocks.map { UInt32($0) }
        }
    }

    func value() throws(WireError) -> NextAction {
        switch action {
        case .halt: .halt
        case .step: .step
        case .evaluate: .evaluate(blocks: block.map { Int($0) })
        case .UNRECOGNIZED(let code): throw .malformed("next action \(code)")
        }
    }
}

extension Lockstep_Member {
    init(_ member: Member) {
        self.init()
        worker = member.worker.rawValue
        slots = Lockstep_Slots(member.slots)
        gradientAddress = member.gradientAddress
        stateAddress = member.stateAddress
        holdsState = member.holdsState
    }

    func value() throws(WireError) -> Member {
        Member(
            worker: WorkerID(worker), slots: try slots.value(), gradientAddress: gradientAddress,
            stateAddress: stateAddress, holdsState: holdsState)
    }
}

extension Lockstep_Begin {
    /// - Parameter list: `deal.members` as bytes of a `MemberList`.
    init(_ deal: Deal, members list: Data) {
        self.init()
        members = list
        rank = UInt32(deal.rank.rawValue)
        next = Lockstep_Next(deal.next)
        contested = Lockstep_Slots(deal.contested)
        if let digest = deal.committed { committed = Lockstep_Digest(digest) }
        reason = deal.reason
    }

    func value() throws(WireError) -> Deal {
        let wire: Lockstep_MemberList = try parsed(members)
        var list: [Member] = []
        list.reserveCapacity(wire.members.count)
        for member in wire.members { list.append(try member.value()) }
        return Deal(
            members: list, rank: Rank(Int(rank)), next: try next.value(),
            contested: try contested.value(), committed: hasCommitted ? committed.value : nil,
            reason: reason)
    }
}
