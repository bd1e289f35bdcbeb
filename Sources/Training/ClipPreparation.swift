import ClipDatasets
import Synchronization
import Tensors

/// Decodes clips and lays them out as a network's input, on all threads of a pool.
enum ClipPreparation {
    /// - Parameter input: (clips, time, height, width, channel).
    /// - Throws: The first error in the order of the clips.
    static func prepare(
        _ clips: [LabeledClip], into input: UnsafeMutableBufferPointer<Float>, pool: ThreadPool
    ) throws(ClipDecodingError) {
        let stride = input.count / clips.count
        let failures = Mutex<[(index: Int, error: ClipDecodingError)]>([])
        // Tiles write disjoint parts of the input.
        nonisolated(unsafe) let input = input
        pool.run(tiles: clips.count) { index, _ in
            let target = UnsafeMutableBufferPointer(
                rebasing: input[index * stride..<(index + 1) * stride])
            var scratch = ClipScratch()
            do throws(ClipDecodingError) {
                try clips[index].clip.prepare(
                    clips[index].view, scratch: &scratch, into: target)
            } catch {
                failures.withLock { $0.append((index, error)) }
            }
        }
        let first = failures.withLock { $0.min { $0.index < $1.index } }
        if let first { throw first.error }
    }
}
