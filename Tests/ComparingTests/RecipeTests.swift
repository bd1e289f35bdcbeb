import Comparing
import Testing

@Suite("Recipes are made of configuration files")
struct RecipeTests {
    @Test("a file is a recipe, numbered files are the stages of one, in the order of their numbers")
    func stages() throws {
        let recipes = try Recipe.recipes(
            of: ["c/both.yaml", "c/slow.2.yaml", "c/slow.1.yaml", "c/v1.5.yaml.d/x.yaml"])
        #expect(recipes.map(\.name) == ["both", "slow", "x"])
        #expect(recipes[1].stages == ["c/slow.1.yaml", "c/slow.2.yaml"])
        #expect(recipes[2].stages == ["c/v1.5.yaml.d/x.yaml"])
    }

    @Test("a missing stage, and two files for one stage, are named")
    func refusals() {
        let missing = #expect(throws: ComparisonError.self) {
            try Recipe.recipes(of: ["slow.2.yaml"])
        }
        #expect(missing?.description.contains("slow.1.yaml") == true)
        let twice = #expect(throws: ComparisonError.self) {
            try Recipe.recipes(of: ["a/both.yaml", "b/both.yaml"])
        }
        #expect(
            twice?.description == "a/both.yaml and b/both.yaml are the same stage of both")
    }
}
