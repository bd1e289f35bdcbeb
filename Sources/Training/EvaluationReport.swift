/// How well a model, or several and their ensemble, tell the clips of a split apart.
public struct EvaluationReport: Sendable {
    /// Of a model by itself.
    public struct Model: Sendable {
        public let name: String
        public fileprivate(set) var score = EvaluationScore()
    }

    /// f1..fn.
    public private(set) var models: [Model]
    /// Of the ensemble q; where there is one model, of that.
    public private(set) var ensemble = EvaluationScore()
    /// What q took each clip for.
    public private(set) var confusion: ConfusionMatrix
    /// Of q; nil where the split does not say which clips are one video's.
    public private(set) var videos: VideoResults?
    private var labels: [Int] = []
    private var distributions: [ClassDistribution] = []

    init(modelNames: [String], classNames: [String]) {
        models = modelNames.map { Model(name: $0) }
        confusion = ConfusionMatrix(classNames: classNames)
    }

    mutating func add(_ prediction: Prediction, label: Int) {
        for (index, distribution) in prediction.models.enumerated() {
            models[index].score.add(distribution, label: label)
        }
        ensemble.add(prediction.ensemble, label: label)
        confusion.add(label: label, predicted: prediction.ensemble.top)
        labels.append(label)
        distributions.append(prediction.ensemble)
    }

    /// - Parameter names: The video of each clip, in the order in which the clips were added.
    mutating func judgeVideos(_ names: [String]) {
        videos = VideoResults(names: names, labels: labels, distributions: distributions)
    }
}
