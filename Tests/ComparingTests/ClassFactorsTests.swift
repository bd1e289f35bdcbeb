import Comparing
import Testing
import Training

@Suite("Classes that are pairs of an appearance and a motion")
struct ClassFactorsTests {
    private let names = ["red-disc-left", "red-disc-right", "bar-left", "bar-right"]

    @Test("are told by their names, and nothing else is taken for them")
    func recognised() {
        #expect(ClassFactors(classNames: names)?.appearanceCount == 2)
        #expect(ClassFactors(classNames: names)?.motionCount == 2)
        #expect(ClassFactors(classNames: ["run", "walk"]) == nil)
        #expect(ClassFactors(classNames: ["a-x", "a-y", "b-x"]) == nil)
        #expect(ClassFactors(classNames: ["a-x", "b-x"]) == nil)
        #expect(ClassFactors(classNames: ["a-x", "a-x", "b-y", "b-y"]) == nil)
    }

    @Test("count a clip whose motion alone is wrong as one whose appearance was told")
    func accuracies() throws {
        var confusion = ConfusionMatrix(classNames: names)
        confusion.add(label: 0, predicted: 0)
        confusion.add(label: 0, predicted: 1)
        confusion.add(label: 1, predicted: 3)
        confusion.add(label: 2, predicted: 1)
        confusion.add(label: 3, predicted: nil)
        let factors = try #require(ClassFactors(classNames: names))
        let accuracies = factors.accuracies(of: confusion)
        #expect(accuracies.appearance == 2.0 / 5)
        #expect(accuracies.motion == 2.0 / 5)
    }
}
