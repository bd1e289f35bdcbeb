import CKernels
import Tensors

/// Means over all frames and a window that moves over the map, a clip a tile.
struct PlannedWindowAverage: PlannedOperation {
    let name: String
    let clips: Int
    let window: (height: Int, width: Int)
    let from: FeatureShape
    let to: FeatureShape
    let x: BufferID
    let y: BufferID
    let dy: BufferID?
    let dx: GradientTarget?

    var forwardBuffers: [BufferID] { [x, y] }
    var backwardBuffers: [BufferID] { [dy, dx?.buffer].compactMap(\.self) }
    /// The mean of the frames, or its gradient, and one window of it.
    var scratchBytes: Int { (mapCount + windowCount) * MemoryLayout<Float>.stride }

    private var mapCount: Int { from.height * from.width * from.channels }
    private var windowCount: Int { window.height * window.width * from.channels }
    private var mapLine: Int { from.width * from.channels }
    private var windowLine: Int { window.width * from.channels }

    var cost: OperationCost {
        let back = dx.map {
            OperationCost.Work(floats: clips * (to.count + $0.sweeps * from.count))
        }
        return OperationCost(
            name: name, kind: .pooling, title: "average of frames",
            forward: OperationCost.Work(floats: clips * (from.count + to.count)),
            backward: back ?? .none)
    }

    func forward(_ pass: Pass) {
        let (input, output) = (pass[x], pass[y])
        pass.tiles(clips, of: 1) { range, thread in
            let source = input + range.lowerBound * from.count
            let target = output + range.lowerBound * to.count
            if to.pixels == 1 {
                lk_adaptive_average_pool(
                    1, from.time * from.height, from.width, from.channels, 1, 1, source, target)
                return
            }
            let mean = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            let cut = mean + mapCount
            lk_adaptive_average_pool(1, from.time, 1, mapCount, 1, 1, source, mean)
            for place in 0..<to.pixels {
                lk_copy_rows(
                    window.height, windowLine, mean + first(place), mapLine, cut, windowLine)
                lk_adaptive_average_pool(
                    1, window.height, window.width, from.channels, 1, 1, cut,
                    target + place * to.channels)
            }
        }
    }

    /// First value of the window at a place.
    private func first(_ place: Int) -> Int {
        place / to.width * mapLine + place % to.width * from.channels
    }

    func backward(_ pass: Pass) {
        guard let dy, let dx else { return }
        let (gradient, input) = (pass[dy], pass[dx.buffer])
        pass.tiles(clips, of: 1) { range, thread in
            let source = gradient + range.lowerBound * to.count
            let target = input + range.lowerBound * from.count
            let mean = pass.scratch(of: thread).assumingMemoryBound(to: Float.self)
            let cut = mean + mapCount
            lk_fill(mapCount, 0, mean)
            for place in 0..<to.pixels {
                lk_adaptive_average_pool_backward(
                    1, window.height, window.width, from.channels, 1, 1,
                    source + place * to.channels, cut)
                lk_add_rows(
                    window.height, windowLine, cut, windowLine, mean + first(place), mapLine)
            }
            lk_scale(mapCount, 1 / Float(from.time), mean, mean)
            for frame in 0..<from.time {
                let image = target + frame * mapCount
                if dx.accumulates {
                    lk_add_to(mapCount, mean, image)
                } else {
                    image.update(from: mean, count: mapCount)
                }
            }
        }
    }
}
