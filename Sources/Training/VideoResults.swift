/// Predictions of whole videos: the mean of the probabilities of their clips.
public struct VideoResults: Sendable {
    /// A video, or the part of it that has one label.
    public struct Video: Sendable {
        public let name: String
        public let label: Int
        /// Clips that were cut from it.
        public let clips: Int
        public let distribution: ClassDistribution

        public var isCorrect: Bool { distribution.rank(of: label) == 0 }
    }

    /// In the order in which their first clips lie in the split.
    public let videos: [Video]
    public let score: EvaluationScore

    /// - Parameters:
    ///   - names: The video of each clip.
    ///   - labels: The class of each clip. Clips of one video with other labels are judged apart.
    ///   - distributions: What was made of each clip.
    public init(names: [String], labels: [Int], distributions: [ClassDistribution]) {
        struct Key: Hashable {
            let name: String
            let label: Int
        }
        var places: [Key: Int] = [:]
        var groups: [(key: Key, clips: [ClassDistribution])] = []
        for (index, name) in names.enumerated() {
            let key = Key(name: name, label: labels[index])
            if let place = places[key] {
                groups[place].clips.append(distributions[index])
            } else {
                places[key] = groups.count
                groups.append((key, [distributions[index]]))
            }
        }
        videos = groups.map { group in
            Video(
                name: group.key.name, label: group.key.label, clips: group.clips.count,
                distribution: ClassDistribution(averaging: group.clips))
        }
        var score = EvaluationScore()
        for video in videos { score.add(video.distribution, label: video.label) }
        self.score = score
    }
}
