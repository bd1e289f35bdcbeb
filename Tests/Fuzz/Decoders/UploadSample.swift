import Networks
import Tensors
import Training
import TrainingProtocol
import Wire

/// A small state, and pieces of it as an input names them.
enum UploadSample {
    static let layout = TrainingState.Layout(
        tree: ParameterTree([
            Parameter(
                name: "w", shape: [40], role: .trainable(decays: true), initialiser: .constant(0)),
            Parameter(name: "m", shape: [4], role: .runningMean, initialiser: .constant(0)),
        ]), optimizerVectors: ["momentum"])

    static let lastStep = Step(5)

    struct Key: Hashable {
        let step: Step
        let upload: UInt64
    }

    struct Piece {
        let key: Key
        /// Nil for one that no state has.
        let vector: Int?
        let part: StatePart
        let bytes: [UInt8]
        /// Whether its checksum is that of its bytes.
        let isSound: Bool

        init(_ reader: inout InputReader) {
            let choice = reader.byte()
            key = Key(step: Step(UInt64(choice & 7)), upload: UInt64(choice >> 3 & 3))
            let oddity = reader.byte()
            let vectors = layout.vectors
            let index = oddity & 3
            vector = vectors.indices.contains(index) ? index : nil
            let size = vector.map { vectors[$0].count * MemoryLayout<Float>.stride } ?? 0
            // Whole vectors have to come about often enough.
            let offset = oddity & 4 == 0 ? 0 : reader.number()
            let count = oddity & 8 == 0 ? size : reader.number() & 1023
            bytes = [UInt8](repeating: UInt8(reader.byte()), count: count)
            isSound = oddity & 0x70 != 0x70
            let checksum = bytes.withUnsafeBytes { Digest128(of: $0).low }
            part = StatePart(
                name: vector.map { vectors[$0].name } ?? "other",
                offset: oddity & 0x80 == 0 ? offset : offset - 32768, total: size,
                checksum: isSound ? checksum : checksum &+ 1, upload: key.upload)
        }

        var fits: Bool {
            guard let vector, key.step <= lastStep, part.offset >= 0 else { return false }
            let size = layout.vectors[vector].count * MemoryLayout<Float>.stride
            return part.offset + bytes.count <= size
        }
    }
}
