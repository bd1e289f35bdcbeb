import Collectives
import Telemetry
import Training
import TrainingProtocol
import Wire
import ZeroMQ

extension Seeds {
    static func statusAnswers() throws -> [[UInt8]] {
        let text = String(decoding: try StatusSample.telemetry.status.json(), as: UTF8.self)
        return [try stamped(CoordinatorMessage.answer(accepted: true, text: text)).serialized()]
    }

    /// Chunks with their seals, and such as are to be sealed.
    static func sealedChunks() throws -> [[UInt8]] {
        try chunks.prefix(2).flatMap { chunk in
            let head = try chunk.envelope.frame()
            let bulk = [UInt8](repeating: 5, count: 40)
            var seals = try ChunkSeals(SealSample.sender)
            let seal = try seals.seal(
                [Message(head), Message(bulk)], of: chunk.envelope.run, at: chunk.envelope.moment,
                for: SealSample.receiver.publicKey)
            return [[UInt8(0)], [1]].map { kind in
                var writer = InputWriter(bytes: kind)
                writer.bytes(head)
                writer.bytes(bulk)
                writer.bytes(seal.bytes)
                return writer.bytes
            }
        }
    }

    /// A state in whole vectors and one in pieces; then one that gives way to a newer one, a damaged piece and an odd one.
    static var stateUploads: [UInt8] {
        var writer = InputWriter()
        func whole(_ key: Int, vector: Int, _ value: Int) {
            writer.byte(key)
            writer.byte(vector)
            writer.byte(value)
        }
        func part(_ key: Int, vector: Int, _ range: Range<Int>, _ value: Int, oddity: Int = 0) {
            writer.byte(key)
            writer.byte(vector | 12 | oddity)
            writer.number(range.lowerBound)
            writer.number(range.count)
            writer.byte(value)
        }
        for vector in [2, 0, 1] { whole(1, vector: vector, vector + 1) }
        whole(1, vector: 0, 9)
        for vector in [0, 2] {
            let bytes = UploadSample.layout.vectors[vector].count * MemoryLayout<Float>.stride
            part(2, vector: vector, 64..<bytes, 4)
            part(2, vector: vector, 0..<64, 5)
        }
        whole(2, vector: 1, 3)
        part(3, vector: 0, 0..<4, 6)
        part(3 | 1 << 3, vector: 0, 0..<8, 7)
        part(3, vector: 0, 4..<8, 6)
        part(4, vector: 0, 0..<8, 8, oddity: 0x70)
        part(4, vector: 0, 0..<8, 8, oddity: 0x80)
        part(6, vector: 0, 0..<8, 8)
        return writer.bytes
    }
}
