import Tensors

/// Mixes the clips of a slot in pairs (Zhang et al., mixup, 2018): each becomes the sum of its own part
/// and the rest of its partner, with a part of its own.
enum ClipMixing {
    /// Floats of a tile: enough to be worth a thread's while, few enough for all threads to have some.
    private static let tile = 1 << 16

    /// The first with the last and so on inwards, as PySlowFast; of an odd number the middle one is
    /// its own.
    static func partner(of index: Int, among count: Int) -> Int { count - 1 - index }

    /// - Parameters:
    ///   - input: (clips, time, height, width, channel).
    ///   - parts: each clip's own part.
    static func mix(
        _ input: UnsafeMutableBufferPointer<Float>, parts: UnsafeBufferPointer<Float>,
        pool: ThreadPool
    ) {
        let count = parts.count
        guard count > 1, parts.contains(where: { $0 != 1 }), let base = input.baseAddress else {
            return
        }
        let floats = input.count / count
        let tiles = (floats + tile - 1) / tile
        pool.run(tiles: count / 2 * tiles) { number, _ in
            let (first, start) = (number / tiles, number % tiles * tile)
            let second = partner(of: first, among: count)
            VectorSums.mix(
                base + first * floats + start, own: parts[first],
                base + second * floats + start, own: parts[second],
                count: min(tile, floats - start))
        }
    }
}
