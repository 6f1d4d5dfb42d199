# The world of linear-fit.wit: a module of the functions it exports, in snake_case.
module LinearFit

struct Line
    slope::Float64
    intercept::Float64
end

function fit(xs::Vector{Float64}, ys::Vector{Float64})::Line
    length(xs) == length(ys) || error("there must be one y for each x")
    n = length(xs)
    mean_x, mean_y = sum(xs) / n, sum(ys) / n
    spread = sum(x -> (x - mean_x)^2, xs)
    spread > 0 || error("at least two different xs are needed")
    slope = sum((xs .- mean_x) .* (ys .- mean_y)) / spread
    return Line(slope, mean_y - slope * mean_x)
end

predict(through::Line, x::Float64)::Float64 = through.slope * x + through.intercept

end
