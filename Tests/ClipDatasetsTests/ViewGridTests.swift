import ClipDatasets
import Testing

@Suite("A grid of views")
struct ViewGridTests {
    @Test("is read from its text, and what is no grid is refused")
    func text() {
        #expect(ViewGrid("10x3") == ViewGrid(temporal: 10, spatial: 3))
        #expect(ViewGrid("1x1") == .single)
        #expect(ViewGrid(temporal: 4, spatial: 2).description == "4x2")
        for text in ["", "3", "3x", "x3", "0x1", "1x0", "-1x1", "3x3x3", "axb", "1x1001", "3 x 1"] {
            #expect(ViewGrid(text) == nil, "\(text)")
        }
    }

    @Test("goes window by window, and square by square in each")
    func order() throws {
        let sampling = ClipSampling.evaluation(frames: 4, size: 8, stride: 2)
        let grid = ViewGrid(temporal: 3, spatial: 3)
        let views = try sampling.views(grid, sample: 0, clip: (11, 8, 20))
        #expect(views.count == grid.count)
        #expect(views.map { $0.frames[0] } == [0, 0, 0, 2, 2, 2, 4, 4, 4])
        #expect(views.prefix(3).map(\.crop.left) == [0, 6, 12])
        #expect(views.allSatisfy { $0.crop.top == 0 && $0.size == 8 && !$0.isFlipped })
    }

    @Test("of one view is what the evaluation of a run sees")
    func single() throws {
        let sampling = ClipSampling.evaluation(frames: 5, size: 8)
        let clip = (frames: 12, height: 11, width: 20)
        let own = try sampling.view(seed: 3, epoch: 0, sample: 7, clip: clip)
        #expect(try sampling.views(.single, sample: 7, clip: clip) == [own])
    }
}
