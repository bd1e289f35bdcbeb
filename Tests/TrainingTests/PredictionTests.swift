import Testing
import Training

@Suite("A prediction")
struct PredictionTests {
    @Test("ranks the right class among the others, ties by number")
    func rank() {
        #expect(Prediction(logits: [1, 3, 2], label: 1).rank == 0)
        #expect(Prediction(logits: [1, 3, 2], label: 0).rank == 2)
        #expect(Prediction(logits: [2, 2, 2], label: 2).rank == 2)
        #expect(Prediction(logits: [2, 2, 2], label: 0).rank == 0)
        #expect(Prediction(logits: [2, 5, 5], label: 0).top == 1)
        #expect(Prediction(logits: [.nan, .nan], label: 0).rank == 2, "no number is no hit")
    }

    @Test("its loss is the cross-entropy of the softmax, also for large logits")
    func loss() {
        #expect(abs(Prediction(logits: [0, 0], label: 0).loss - 0.693147) < 1e-6)
        #expect(abs(Prediction(logits: [1000, 0], label: 1).loss - 1000) < 1e-9)
    }
}
