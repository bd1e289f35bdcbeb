/// What a network makes of a clip: each of its models f1..fn, and their ensemble q, the softmax of the mean logits.
public struct Prediction: Sendable, Equatable {
    /// One a model.
    public let models: [ClassDistribution]
    /// The same as the model where there is one.
    public let ensemble: ClassDistribution

    /// - Parameter logits: One array a model, one number a class.
    public init(logits: [[Float]]) {
        models = logits.map { ClassDistribution(logits: $0) }
        ensemble = models.count == 1 ? models[0] : ClassDistribution(meanOf: logits)
    }

    /// The mean of other predictions' probabilities, as of a clip's views: f1..fn and q each by itself.
    ///
    /// - Parameter predictions: One or more, of the same models.
    public init(averaging predictions: [Prediction]) {
        let count = predictions.first?.models.count ?? 0
        models = (0..<count).map { model in
            ClassDistribution(averaging: predictions.map { $0.models[model] })
        }
        ensemble = ClassDistribution(averaging: predictions.map(\.ensemble))
    }
}
