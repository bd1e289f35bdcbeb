import Foundation
import Training

/// What `evaluate --json` prints.
struct EvaluationOutput: Encodable {
    struct Score: Encodable {
        let name: String
        let loss: Double
        let top1: Double
        let top5: Double

        init(_ name: String, _ score: EvaluationScore) {
            self.name = name
            loss = score.loss
            top1 = score.top1
            top5 = score.top5
        }
    }

    struct Class: Encodable {
        let name: String
        let clips: Int
        let correct: Int
        let accuracy: Double?
    }

    struct Videos: Encodable {
        let count: Int
        let loss: Double
        let top1: Double
        let top5: Double
        let results: [Video]
    }

    struct Video: Encodable {
        let video: String
        let label: String
        let predicted: String?
        let labelProbability: Double?
        let predictedProbability: Double?
        let correct: Bool
        let clips: Int
    }

    let run: String
    let step: Int
    let data: String
    let split: String
    /// As "10x3".
    let views: String
    /// Height and width of the crops.
    let size: Int
    /// Clips that the running statistics were recomputed from; absent where they were not.
    let preciseBnClips: Int?
    let clips: Int
    /// Of the ensemble, where there are several models.
    let loss: Double
    let top1: Double
    let top5: Double
    let models: [Score]
    let classes: [Class]
    /// Counts by class, then by predicted class.
    let confusion: [[Int]]
    let videos: Videos?
    let weightsSHA256: String

    static func classes(_ confusion: ConfusionMatrix) -> [Class] {
        confusion.classNames.enumerated().map { index, name in
            Class(
                name: name, clips: confusion.clips(of: index),
                correct: confusion.correct(of: index),
                accuracy: confusion.share(of: index, takenFor: index))
        }
    }

    static func videos(_ results: VideoResults, classNames: [String]) -> Videos {
        Videos(
            count: results.score.count, loss: results.score.loss, top1: results.score.top1,
            top5: results.score.top5,
            results: results.videos.map { video in
                let top = video.distribution.top
                return Video(
                    video: video.name, label: classNames[video.label],
                    predicted: top.map { classNames[$0] },
                    labelProbability: top == nil
                        ? nil : video.distribution.probability(of: video.label),
                    predictedProbability: top.map { video.distribution.probability(of: $0) },
                    correct: video.isCorrect, clips: video.clips)
            })
    }
}
