module sample/counter

go 1.26
