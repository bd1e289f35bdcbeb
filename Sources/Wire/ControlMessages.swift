import SwiftProtobuf
import TrainingProtocol

import struct Foundation.Data

// One frame of the control connection, either way.

extension Stamped where Body == WorkerMessage {
    /// The message as bytes of a control frame.
    public func serialized() throws(WireError) -> [UInt8] {
        try Wire.serialized(
            Lockstep_ToCoordinator.with {
                $0.stamp = Lockstep_Stamp(self)
                $0.body = body.wire
            })
    }

    /// Reads a control frame from a worker.
    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let message: Lockstep_ToCoordinator = try parsed(bytes)
        guard message.hasStamp, let body = message.body else {
            throw .malformed("no stamp or no body")
        }
        self = try message.stamp.stamped(try WorkerMessage(body))
    }
}

extension Stamped where Body == CoordinatorMessage {
    /// The message as bytes of a control frame.
    public func serialized() throws(WireError) -> [UInt8] {
        var lists = MemberListCache()
        return try serialized(using: &lists)
    }

    /// The same for someone who tells many of the same members.
    public func serialized(using lists: inout MemberListCache) throws(WireError) -> [UInt8] {
        var members = Data()
        if case .begin(let deal) = body { members = try lists.bytes(of: deal.members) }
        return try Wire.serialized(
            Lockstep_ToWorker.with {
                $0.stamp = Lockstep_Stamp(self)
                $0.body = body.wire(members)
            })
    }

    /// Reads a control frame from the coordinator.
    /// - Throws: `WireError` where the bytes are no such message.
    public init(serialized bytes: [UInt8]) throws(WireError) {
        let message: Lockstep_ToWorker = try parsed(bytes)
        guard message.hasStamp, let body = message.body else {
            throw .malformed("no stamp or no body")
        }
        self = try message.stamp.stamped(try CoordinatorMessage(body))
    }
}

/// A generated message as bytes.
package func serialized(_ message: some Message) throws(WireError) -> [UInt8] {
    do {
        return try message.serializedBytes()
    } catch {
        throw WireError("a message cannot be serialised: \(error)")
    }
}

/// A generated message from bytes.
package func parsed<M: Message>(_ bytes: some SwiftProtobufContiguousBytes) throws(WireError) -> M {
    do {
        return try M(serializedBytes: bytes)
    } catch {
        throw .malformed("not protobuf (\(bytes.count) bytes)")
    }
}

extension WorkerMessage {
    fileprivate var wire: Lockstep_ToCoordinator.OneOf_Body {
        switch self {
        case .hello(let hello):
            return .hello(Lockstep_Hello(hello))
        case .ready(let readiness):
            return .ready(
                .with {
                    $0.model = Lockstep_Digest(readiness.model)
                    $0.gradientAddress = readiness.gradientAddress
                    $0.stateAddress = readiness.stateAddress
                    if let holding = readiness.holding { $0.holding = Lockstep_Holding(holding) }
                })
        case .attested(let digest):
            return .attested(.with { $0.digest = Lockstep_Digest(digest) })
        case .witnessed(let slot, let digest):
            return .witnessed(
                .with {
                    $0.slot = UInt32(slot.rawValue)
                    $0.digest = Lockstep_Digest(digest)
                })
        case .drain(let worker):
            return .drain(.with { $0.worker = worker.rawValue })
        case .stop(let reason):
            return .stop(.with { $0.reason = reason })
        case .inquire:
            return .inquire(.init())
        case .reduced(let report):
            return .reduced(
                .with {
                    $0.digest = Lockstep_Digest(report.digest)
                    $0.slots = report.slots.map(Lockstep_SlotOutcome.init)
                    $0.times = Lockstep_PhaseTimes(report.times)
                })
        case .evaluated(let blocks):
            return .evaluated(.with { $0.blocks = blocks.map(Lockstep_BlockOutcome.init) })
        case .heartbeat(let progress):
            return .heartbeat(Lockstep_Heartbeat(progress))
        case .stalled(let reason, let accused):
            return .stalled(
                .with {
                    $0.reason = reason
                    if let accused { $0.accused = UInt32(accused.rawValue) }
                })
        case .failed(let reason):
            return .failed(.with { $0.reason = reason })
        case .leaving(let reason):
            return .leaving(.with { $0.reason = reason })
        }
    }

    fileprivate init(_ body: Lockstep_ToCoordinator.OneOf_Body) throws(WireError) {
        switch body {
        case .hello(let hello):
            self = .hello(try hello.value())
        case .ready(let ready):
            self = .ready(
                Readiness(
                    model: ready.model.value,
                    gradientAddress: try name(ready.gradientAddress, "an address"),
                    stateAddress: try name(ready.stateAddress, "an address"),
                    holding: ready.hasHolding ? try ready.holding.value() : nil))
        case .attested(let attested):
            self = .attested(attested.digest.value)
        case .witnessed(let witnessed):
            self = .witnessed(Slot(Int(witnessed.slot)), witnessed.digest.value)
        case .drain(let drain):
            self = .drain(WorkerID(drain.worker))
        case .stop(let stop):
            self = .stop(reason: Wire.reason(stop.reason))
        case .inquire:
            self = .inquire
        case .reduced(let reduced):
            self = .reduced(
                StepReport(
                    digest: reduced.digest.value, slots: reduced.slots.map(\.value),
                    times: reduced.times.value))
        case .evaluated(let evaluated):
            self = .evaluated(evaluated.blocks.map(\.value))
        case .heartbeat(let beat):
            self = .heartbeat(try beat.value())
        case .stalled(let stalled):
            self = .stalled(
                reason: Wire.reason(stalled.reason),
                accused: stalled.hasAccused ? Rank(Int(stalled.accused)) : nil)
        case .failed(let failed):
            self = .failed(reason: Wire.reason(failed.reason))
        case .leaving(let leaving):
            self = .leaving(reason: Wire.reason(leaving.reason))
        }
    }
}

extension CoordinatorMessage {
    /// - Parameter members: Of a deal, as bytes.
    fileprivate func wire(_ members: Data) -> Lockstep_ToWorker.OneOf_Body {
        switch self {
        case .welcome(let worker, let introduction):
            return .welcome(Lockstep_Welcome(worker, introduction))
        case .refusal(let reason):
            return .refusal(.with { $0.reason = reason })
        case .unknown(let reason):
            return .unknown(.with { $0.reason = reason })
        case .answer(let accepted, let text):
            return .answer(
                .with {
                    $0.accepted = accepted
                    $0.text = text
                })
        case .begin(let deal):
            return .begin(Lockstep_Begin(deal, members: members))
        case .commit(let digest, let next):
            return .commit(
                .with {
                    $0.digest = Lockstep_Digest(digest)
                    $0.next = Lockstep_Next(next)
                })
        case .proceed(let next):
            return .proceed(.with { $0.next = Lockstep_Next(next) })
        case .save:
            return .save(.init())
        case .finish(let ending, let reason):
            return .finish(
                .with {
                    $0.completed = ending == .completed
                    $0.released = ending == .released
                    $0.reason = reason
                })
        case .alive:
            return .alive(.init())
        }
    }

    fileprivate init(_ body: Lockstep_ToWorker.OneOf_Body) throws(WireError) {
        switch body {
        case .welcome(let welcome):
            self = .welcome(WorkerID(welcome.worker), try welcome.introduction())
        case .refusal(let refusal):
            self = .refusal(reason: refusal.reason)
        case .unknown(let unknown):
            self = .unknown(reason: unknown.reason)
        case .answer(let answer):
            self = .answer(accepted: answer.accepted, text: answer.text)
        case .begin(let begin):
            self = .begin(try begin.value())
        case .commit(let commit):
            self = .commit(digest: commit.digest.value, next: try commit.next.value())
        case .proceed(let proceed):
            self = .proceed(next: try proceed.next.value())
        case .save:
            self = .save
        case .finish(let finish):
            self = .finish(
                finish.completed ? .completed : finish.released ? .released : .stopped,
                reason: finish.reason)
        case .alive:
            self = .alive
        }
    }
}
