public import Networks
public import Tensors

/// Batch norm's running statistics.
public enum RunningStatistics {
    /// Weight of a new batch, PyTorch's default momentum.
    public static let momentum: Float = 0.1

    /// running = 0.9 running + 0.1 mean, with the mean of `sums` over `clips`.
    ///
    /// - Parameter sums: statistics of the batch's slots, each times its clips, added up. Those of
    ///   frozen batch norms lie behind, and stay as they are.
    public static func update(
        _ parameters: ParameterStorage, from sums: FloatBuffer, clips: Int
    ) {
        precondition(clips > 0, "a batch without clips has no statistics")
        let running = parameters.statistics.floats
        precondition(sums.count <= running.count, "there are more statistics than are kept")
        let share = 1 / Float(clips)
        for index in sums.floats.indices {
            running[index] =
                (1 - momentum) * running[index] + momentum * (sums.floats[index] * share)
        }
    }
}
