import SwiftProtobuf
import TrainingProtocol
import Wire

/// What travels before the bytes of a chunk.
package struct ChunkEnvelope: Equatable, Sendable {
    package enum Phase: Sendable {
        /// A member's subtree sum, on its way to the chunk's owner.
        case partial
        /// The finished sum, on its way from the owner to everyone.
        case reduced
    }

    /// Where in time a chunk belongs, in the order of time.
    package struct Moment: Comparable, Sendable {
        package let term: Term
        package let generation: Generation
        package let step: Step

        package init(term: Term, generation: Generation, step: Step) {
            self.term = term
            self.generation = generation
            self.step = step
        }

        package static func < (left: Moment, right: Moment) -> Bool {
            (left.term, left.generation, left.step) < (right.term, right.generation, right.step)
        }
    }

    package let run: RunID
    package let moment: Moment
    package let phase: Phase
    package let chunk: Int
    package let sender: Int
    /// Of a partial sum; all slots for a finished one.
    package let subtree: Subtree
    /// The low half of the digest of the chunk's block digests.
    package let checksum: UInt64

    package init(
        run: RunID, moment: Moment, phase: Phase, chunk: Int, sender: Int, subtree: Subtree,
        checksum: UInt64
    ) {
        self.run = run
        self.moment = moment
        self.phase = phase
        self.chunk = chunk
        self.sender = sender
        self.subtree = subtree
        self.checksum = checksum
    }

    /// The checksum of a chunk that holds `floats`.
    package static func checksum(_ floats: [Float]) -> UInt64 {
        floats.withUnsafeBufferPointer { VectorDigest.of($0).low }
    }
}

extension ChunkEnvelope {
    package func frame() throws(ExchangeError) -> [UInt8] {
        let wire = Lockstep_GradientChunk.with {
            $0.stamp.run = run.rawValue
            $0.stamp.term = moment.term.rawValue
            $0.stamp.generation = moment.generation.rawValue
            $0.stamp.step = moment.step.rawValue
            $0.phase = phase == .partial ? .partial : .reduced
            $0.chunk = UInt32(chunk)
            $0.senderRank = UInt32(sender)
            $0.firstSlot = UInt32(subtree.slots.lowerBound)
            $0.slotCount = UInt32(subtree.slots.count)
            $0.checksum = checksum
        }
        do {
            return try serialized(wire)
        } catch {
            throw .violation(
                peer: Rank(sender), step: moment.step, reason: "its own envelope: \(error)")
        }
    }

    /// Nil if the frame is no envelope: whoever sent it is no member.
    package init?(_ frame: [UInt8]) {
        let wire: Lockstep_GradientChunk
        do {
            wire = try parsed(frame)
        } catch {
            return nil
        }
        guard wire.hasStamp else { return nil }
        switch wire.phase {
        case .partial: phase = .partial
        case .reduced: phase = .reduced
        case .UNRECOGNIZED: return nil
        }
        run = RunID(wire.stamp.run)
        moment = Moment(
            term: Term(wire.stamp.term), generation: Generation(wire.stamp.generation),
            step: Step(wire.stamp.step))
        chunk = Int(wire.chunk)
        sender = Int(wire.senderRank)
        subtree = Subtree(Int(wire.firstSlot)..<Int(wire.firstSlot) + Int(wire.slotCount))
        checksum = wire.checksum
    }
}
