import ClipDatasets
import TrainingProtocol

/// A clip that a worker needs: which, and which part of it.
struct ClipRequestKey: Sendable, Equatable {
    let split: String
    let sample: SampleID
    let view: ClipView
    /// Bytes that the request is expected to bring, for the budget.
    let bytes: Int
}
