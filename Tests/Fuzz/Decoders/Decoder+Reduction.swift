import Collectives
import Tensors
import TrainingProtocol
import ZeroMQ

// A reduction of two members, of which this is the first, and what the second may send it.

extension Decoder {
    static func reduction(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        let reduction = Reduction(
            step: ReductionSample.moment.step, membership: ReductionSample.membership,
            sums: ReductionSample.sums, target: FloatBuffer(count: ReductionSample.floats),
            chunkBytes: 1, at: .now)
        for _ in 0..<16 where !reader.isAtEnd {
            let isChecked = reader.byte() & 1 == 0
            let frame = reader.bytes()
            let bytes = reader.number() + 3 * reader.number()
            guard var envelope = ChunkEnvelope(frame), envelope.run == ReductionSample.run,
                envelope.moment == ReductionSample.moment
            else { continue }
            let floats = [Float](repeating: Float(bytes), count: bytes / 4)
            if isChecked { envelope = envelope.checked(ChunkEnvelope.checksum(floats)) }
            do throws(ExchangeError) {
                _ = try reduction.accept(envelope, Message(floats.bytes(bytes)))
            } catch {
                // The reduction ends with the first violation.
                return explained("\(error)")
            }
        }
        return nil
    }
}

enum ReductionSample {
    static let run = RunID(9)
    static let moment = ChunkEnvelope.Moment(
        term: Term(1), generation: Generation(2), step: Step(3))
    /// Three chunks, of which the last is short: chunks are whole blocks of 16384 floats.
    static let floats = 2 * 16384 + 100

    static let membership = ExchangeMembership(
        run: run, term: moment.term, generation: moment.generation, tree: SlotTree(slots: 4),
        members: [
            ExchangeMembership.Member(address: "tcp://127.0.0.1:1", slots: SlotSet([0, 3])),
            ExchangeMembership.Member(address: "tcp://127.0.0.1:2", slots: SlotSet([1, 2])),
        ], me: Rank(0))

    static let sums = [0, 3].map {
        (subtree: Subtree($0..<$0 + 1), buffer: FloatBuffer(count: floats))
    }
}

extension ChunkEnvelope {
    fileprivate func checked(_ checksum: UInt64) -> ChunkEnvelope {
        ChunkEnvelope(
            run: run, moment: moment, phase: phase, chunk: chunk, sender: sender, subtree: subtree,
            checksum: checksum)
    }
}

extension [Float] {
    fileprivate func bytes(_ count: Int) -> [UInt8] {
        withUnsafeBytes { Swift.Array($0) }
            + [UInt8](repeating: 7, count: count - self.count * MemoryLayout<Float>.stride)
    }
}
