import Foundation
import Testing
import Training

@Suite("A prediction")
struct PredictionTests {
    private func distribution(_ probabilities: [Double]) -> ClassDistribution {
        ClassDistribution(logits: probabilities.map { Float(log($0)) })
    }

    @Test("ranks the right class among the others, ties by number")
    func rank() {
        #expect(ClassDistribution(logits: [Float]([1, 3, 2])).rank(of: 1) == 0)
        #expect(ClassDistribution(logits: [Float]([1, 3, 2])).rank(of: 0) == 2)
        #expect(ClassDistribution(logits: [Float]([2, 2, 2])).rank(of: 2) == 2)
        #expect(ClassDistribution(logits: [Float]([2, 2, 2])).rank(of: 0) == 0)
        #expect(ClassDistribution(logits: [Float]([2, 5, 5])).top == 1)
        #expect(ClassDistribution(logits: [Float]([2, 5, 5, 1])).ranking == [1, 2, 0, 3])
    }

    @Test("what is no number is no hit, and names no class")
    func broken() {
        let broken = ClassDistribution(logits: [.nan, 1])
        #expect(broken.rank(of: 1) == 2)
        #expect(broken.top == nil && broken.ranking.isEmpty)
        var matrix = ConfusionMatrix(classNames: ["a", "b"])
        matrix.add(label: 1, predicted: broken.top)
        #expect(matrix.unanswered == [0, 1] && matrix.clips(of: 1) == 1)
        #expect(matrix.share(of: 1, takenFor: 1) == 0)
        #expect(matrix.share(of: 0, takenFor: 0) == nil)
    }

    @Test("its loss is the cross-entropy of the softmax, also for large logits")
    func loss() {
        #expect(abs(ClassDistribution(logits: [Float]([0, 0])).loss(of: 0) - 0.693147) < 1e-6)
        #expect(abs(ClassDistribution(logits: [Float]([1000, 0])).loss(of: 1) - 1000) < 1e-9)
    }

    @Test("views are averaged as probabilities, not as logits")
    func averaging() {
        let mean = ClassDistribution(averaging: [
            distribution([0.9, 0.1]), distribution([0.2, 0.8]), distribution([0.5, 0.5]),
        ])
        #expect(abs(mean.probability(of: 0) - 1.6 / 3) < 1e-6)
        #expect(abs(mean.probability(of: 1) - 1.4 / 3) < 1e-6)
        let one = distribution([0.3, 0.7])
        #expect(ClassDistribution(averaging: [one]) == one, "one view keeps its bits")
    }

    @Test("an average of views that are sure of other classes has a finite loss")
    func sureViews() {
        let mean = ClassDistribution(averaging: [
            ClassDistribution(logits: [Float]([2000, 0, 0])),
            ClassDistribution(logits: [Float]([2000, 0, -1000])),
        ])
        #expect(abs(mean.loss(of: 1) - 2000) < 1e-6)
        #expect(abs(mean.loss(of: 2) - (2000 + log(2))) < 1e-6)
    }

    @Test("the ensemble is the softmax of the mean logits, and each model stands by itself")
    func ensemble() {
        let prediction = Prediction(logits: [[0, 2, 1], [4, 0, 1]])
        #expect(prediction.models.map(\.top) == [1, 0])
        #expect(prediction.ensemble.top == 0)
        let weights = [exp(2.0), exp(1.0), exp(1.0)]
        for index in 0..<3 {
            let expected = weights[index] / weights.reduce(0, +)
            #expect(abs(prediction.ensemble.probability(of: index) - expected) < 1e-6)
        }
        let single = Prediction(logits: [[0, 2, 1]])
        #expect(single.ensemble == single.models[0])
        // Of two views, q is the mean of the views' q.
        let mean = Prediction(averaging: [
            prediction, Prediction(logits: [[9, 0, 0], [9, 0, 0]]),
        ])
        let other = exp(9.0) / (exp(9.0) + 2)
        let first = weights[0] / weights.reduce(0, +)
        #expect(abs(mean.ensemble.probability(of: 0) - (first + other) / 2) < 1e-6)
    }

    @Test("clips of one video become one prediction, in the order of the videos' first clips")
    func videos() {
        let results = VideoResults(
            names: ["b", "a", "b", "b"], labels: [0, 1, 0, 1],
            distributions: [
                distribution([0.4, 0.6]), distribution([0.3, 0.7]), distribution([0.9, 0.1]),
                distribution([0.8, 0.2]),
            ])
        #expect(results.videos.map(\.name) == ["b", "a", "b"])
        #expect(results.videos.map(\.clips) == [2, 1, 1], "another label is judged apart")
        #expect(abs(results.videos[0].distribution.probability(of: 0) - 0.65) < 1e-6)
        #expect(results.videos.map(\.isCorrect) == [true, true, false])
        #expect(results.score.count == 3 && abs(results.score.top1 - 2.0 / 3) < 1e-12)
    }
}
