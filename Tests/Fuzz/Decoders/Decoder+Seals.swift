import Collectives
import TrainingProtocol
import ZeroMQ

// Chunks whose sender is proved: no byte of one may change, and nobody may say it for another.

extension Decoder {
    static func chunkSeal(_ input: [UInt8]) -> String? {
        var reader = InputReader(input)
        let isForged = reader.byte() & 1 == 0
        let head = reader.bytes()
        let bulk = Message(reader.bytes())
        guard let envelope = ChunkEnvelope(head) else { return nil }
        do {
            var receiver = try ChunkSeals(SealSample.receiver)
            if isForged {
                let chunk = [Message(head), bulk, Message(reader.bytes())]
                let sender = receiver.sender(of: chunk, envelope) { $0 == SealSample.name }
                return sender.flatMap { opened($0, chunk, envelope, &receiver) }
            }
            var sender = try ChunkSeals(SealSample.sender)
            let seal = try sender.seal(
                [Message(head), bulk], of: envelope.run, at: envelope.moment,
                for: SealSample.receiver.publicKey)
            let chunk = [Message(head), bulk, seal]
            guard receiver.sender(of: chunk, envelope, isMember: { _ in true }) == SealSample.name
            else { return "a seal that was made just now is refused" }
            return opened(SealSample.name, chunk, envelope, &receiver)
        } catch {
            return "a sound key cannot be used: \(error)"
        }
    }

    /// - Returns: What is wrong with a chunk whose seal was believed.
    private static func opened(
        _ sender: String, _ chunk: [Message], _ envelope: ChunkEnvelope,
        _ receiver: inout ChunkSeals
    ) -> String? {
        guard sender == SealSample.name else { return "a seal of another sender is believed" }
        if receiver.sender(of: chunk, envelope, isMember: { _ in false }) != nil {
            return "someone who is no member is believed"
        }
        if receiver.sender(of: chunk, envelope.ofNextGeneration, isMember: { _ in true }) != nil {
            return "a seal is believed in another generation"
        }
        for frame in chunk.indices where chunk[frame].count > 0 {
            // Somewhere else for every chunk, and the same place again for the same one.
            let place = Int(envelope.checksum % UInt64(chunk[frame].count))
            var bytes = chunk[frame].bytes
            bytes[place] ^= 1
            var spoilt = chunk
            spoilt[frame] = Message(bytes)
            if receiver.sender(of: spoilt, envelope, isMember: { _ in true }) != nil {
                return "byte \(place) of frame \(frame) may change"
            }
        }
        return nil
    }
}

/// Two members. Their secrets are those of the examples in ZeroMQ's manual.
enum SealSample {
    static let sender = pair("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
    static let receiver = pair("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
    static let name = sender.publicKey.description

    private static func pair(_ secret: String) -> CurveKeyPair {
        do throws(ZeroMQError) {
            guard let key = CurveKey(text: secret) else { preconditionFailure("no key: \(secret)") }
            return try CurveKeyPair(secretKey: key)
        } catch {
            preconditionFailure("no pair: \(error)")
        }
    }
}

extension ChunkEnvelope {
    fileprivate var ofNextGeneration: ChunkEnvelope {
        let next = Moment(
            term: moment.term, generation: Generation(moment.generation.rawValue &+ 1),
            step: moment.step)
        return ChunkEnvelope(
            run: run, moment: next, phase: phase, chunk: chunk, sender: sender, subtree: subtree,
            checksum: checksum)
    }
}
