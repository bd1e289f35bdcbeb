/// Places buffers in one arena so that those alive at different times share memory.
struct ArenaLayout: Sendable {
    /// First float of each buffer.
    let offsets: [Int]
    let floats: Int

    struct Request {
        var floats: Int
        /// Steps at which the buffer is first and last used; nil if never.
        var life: ClosedRange<Int>?
    }

    /// Largest first, each into the lowest gap among those placed buffers that live at the same
    /// time: greedy by size, as in Pisarchyk and Lee, Efficient Memory Management for Deep Neural
    /// Net Inference (2020).
    init(_ requests: [Request]) {
        var offsets = [Int](repeating: 0, count: requests.count)
        let order = requests.indices.sorted {
            (requests[$1].floats, $0) < (requests[$0].floats, $1)
        }
        var placed: [(first: Int, end: Int, life: ClosedRange<Int>)] = []
        var end = 0
        for index in order {
            guard let life = requests[index].life else { continue }
            let size = requests[index].floats.roundedUp(to: ParameterTree.alignment)
            var offset = 0
            // `placed` is in order of offset.
            for other in placed where other.life.overlaps(life) {
                if other.first >= offset + size { break }
                offset = max(offset, other.end)
            }
            offsets[index] = offset
            let place = placed.firstIndex { $0.first > offset } ?? placed.endIndex
            placed.insert((offset, offset + size, life), at: place)
            end = max(end, offset + size)
        }
        self.offsets = offsets
        floats = end
    }
}
