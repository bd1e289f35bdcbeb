/// Where the gradient through a recurrent state ends: truncated back-propagation through time.
/// Williams and Peng, An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent
/// Network Trajectories (1990).
struct Truncation: Sendable {
    /// Frames of each part that is differentiated by itself; nil is the whole clip.
    let frames: Int?

    /// Whether the state that `step` of a direction's own time starts from counts as a constant.
    func cuts(before step: Int) -> Bool {
        frames.map { step % $0 == 0 } ?? false
    }
}
